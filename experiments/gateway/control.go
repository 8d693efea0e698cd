package gateway

import (
	"math"
	"slices"
	"time"

	"github.com/assaylab/assay/experiments/scenario"
)

// Controller decides which rung and server a request goes to. It sends nothing and knows no clock: whoever
// does tells it what happened. It is not safe for concurrent use.
//
// A rung is left in two ways. A request that it cannot serve in time goes to the next one, whatever others do. And a
// rung that cannot serve a request of usual length in time is closed to all for a while, until it could do so with room
// to spare: otherwise it would be left and taken again with every request that ends.
type Controller struct {
	slo     scenario.LadderSLO
	rule    scenario.LadderControl
	refusal scenario.LadderRefusal
	teams   map[string]scenario.LadderTeam
	rungs   []rung
	servers []server

	prompt, output float64 // tokens of requests, a moving mean; 0 before the first
}

// rung is a deployment as the controller sees it.
type rung struct {
	servers []int
	pace    *pace
	longest int // tokens of its answers, 0 for any number
	closed  bool
	since   time.Time // of closed, and of its opposite
}

// server is one that answers.
type server struct {
	pace    *pace
	breaker *breaker
	machine string
	up      bool
	load    load
}

// Request is what a decision depends on.
type Request struct {
	Prompt, Output int // tokens: about so many, and at most so many, 0 where that is not known
	Team           string
	Whole          bool          // the answer comes in one piece, so that its first token tells nothing
	Waited         time.Duration // since it came
	Accepted       bool          // it is not refused for being late any more
	Tried          []int         // servers that it has been to
	Without        []int         // rungs that it may not have
}

// Decision is where a request goes.
type Decision struct {
	Rung, Server int           // -1 where it is refused
	Best         int           // the rung that it would have had if nobody else were there
	TTFT         time.Duration // expected; 0 where nothing is known yet
	Bound        time.Duration // of it, that most keep
	TPOT         time.Duration // expected
	RetryAfter   time.Duration // of a refusal
	Late         bool          // sent though it will be late, as its team wants it

	Left, Taken []int // rungs that were closed and opened at this time
}

// NewController starts with every server down.
func NewController(l *scenario.Ladder) *Controller {
	c := &Controller{slo: l.SLO, rule: l.Control, refusal: l.Refuse, teams: map[string]scenario.LadderTeam{}}
	for _, t := range l.Teams {
		c.teams[t.Name] = t
	}
	byName := map[string]int{}
	for i, r := range l.Rungs {
		byName[r.Name] = i
		if r.Like != "" {
			of := c.rungs[byName[r.Like]]
			c.rungs = append(c.rungs, rung{servers: of.servers, pace: of.pace, longest: r.MaxTokens})
			continue
		}
		c.addServers(r, l.Breaker)
	}
	return c
}

func (c *Controller) addServers(r scenario.Rung, rule scenario.BreakerRule) {
	budget := 0
	if r.Model != "" {
		budget = r.Engine.TokenBudget
	}
	p := newPace(r.Concurrent, budget)
	if d := r.Declared; d != nil && d.Step > 0 {
		p.seed(d.Step, d.Prefill)
	}
	own := rung{pace: p, longest: r.MaxTokens}
	for range r.Replicas {
		own.servers = append(own.servers, len(c.servers))
		c.servers = append(c.servers, server{pace: p, breaker: newBreaker(rule), machine: r.Machine})
	}
	c.rungs = append(c.rungs, own)
}

// Seed tells how fast a rung was measured to be: the time of a decode step of one sequence, and prompt tokens per second.
func (c *Controller) Seed(rung int, step time.Duration, prefill float64) {
	c.rungs[rung].pace.seed(step, prefill)
}

// SetUp says whether a server is there.
func (c *Controller) SetUp(server int, up bool) { c.servers[server].up = up }

// Breaker is the state of a server's.
func (c *Controller) Breaker(server int, now time.Time) BreakerState {
	return c.servers[server].breaker.State(now)
}

// Available says whether any server can be asked.
func (c *Controller) Available(now time.Time) bool {
	return slices.ContainsFunc(c.servers, func(s server) bool { return s.up && s.breaker.State(now) != Open })
}

// InFlight is what a server has been sent and has not finished: without a first token, and with one.
func (c *Controller) InFlight(server int) (waiting, running int) {
	l := c.servers[server].load
	return l.waiting, l.running
}

// IsClosed says whether a rung is left by all.
func (c *Controller) IsClosed(rung int) bool { return c.rungs[rung].closed }

// offer is what a rung would do for a request.
type offer struct {
	server            int // -1 where none can be asked
	ttft, bound, tpot time.Duration
	e2e               time.Duration
	waited            time.Duration // by the request, before
	unsure            bool          // nothing is known, and as many are tried as it computes at a time
}

// choice is what is found on the way down a ladder.
type choice struct {
	Decision
	left   Decision // the best rung that is left by all, and would do
	unsure Decision // the rung of which nothing is known that has least to do
	crowd  float64  // what it has to do
	late   Decision // the rung with the best promise
}

// Choose decides. It counts nothing: Begin does.
func (c *Controller) Choose(now time.Time, q Request) Decision {
	if q.Prompt > 0 {
		c.see(q)
	}
	t := c.team(q.Team)
	none := Decision{Rung: -1, Server: -1, Best: -1}
	f := choice{Decision: none, left: none, unsure: none, late: none}
	for i := range c.rungs[:t.Floor+1] {
		c.gate(now, i, &f.Decision)
		if slices.Contains(q.Without, i) {
			continue
		}
		if o := c.offer(now, i, q); o.server >= 0 {
			c.weigh(&f, i, o, t)
		}
	}
	return c.settle(&f, q, t)
}

// weigh takes a rung's offer into account.
func (c *Controller) weigh(f *choice, i int, o offer, t scenario.LadderTeam) {
	if f.Best < 0 {
		f.Best = i
	}
	alone := t.Degrade == scenario.DegradeLast || t.Degrade == scenario.DegradeNever // they decide for themselves
	if c.keeps(o, c.share(t)) {
		if f.Rung < 0 && (alone || !c.rungs[i].closed) {
			f.take(i, o)
		} else if f.left.Rung < 0 {
			f.left.take(i, o)
		}
	}
	if crowd := c.crowd(o.server); o.unsure && (f.unsure.Rung < 0 || crowd < f.crowd) {
		f.crowd = crowd
		f.unsure.take(i, o)
	}
	if f.late.Rung < 0 || o.bound < f.late.Bound {
		f.late.take(i, o)
	}
}

// settle is the decision when all rungs are weighed: one that is in time, if need be one that is left by all, rather than a
// refusal; and nobody is refused because of what is not known.
func (c *Controller) settle(f *choice, q Request, t scenario.LadderTeam) Decision {
	d := f.Decision
	switch wait := q.Accepted || t.Late == scenario.LateWait; {
	case d.Rung >= 0:
	case f.left.Rung >= 0:
		d.same(f.left)
	case f.unsure.Rung >= 0:
		d.same(f.unsure)
	case wait && f.late.Rung >= 0:
		d.same(f.late)
		d.Late = true
	default:
		d.RetryAfter = c.retryAfter(f.late)
	}
	return d
}

// same goes where another decision goes.
func (d *Decision) same(o Decision) {
	d.Rung, d.Server, d.TTFT, d.Bound, d.TPOT = o.Rung, o.Server, o.TTFT, o.Bound, o.TPOT
}

// take is the decision for an offer.
func (d *Decision) take(rung int, o offer) {
	d.Rung, d.Server, d.TTFT, d.Bound, d.TPOT = rung, o.server, o.ttft, o.bound, o.tpot
}

// crowd is how many a server has by how many it computes at a time.
func (c *Controller) crowd(s int) float64 {
	return float64(c.servers[s].load.total()) / float64(c.servers[s].pace.limits.MaxBatch)
}

// team is a team's policy, or that of all who have none.
func (c *Controller) team(name string) scenario.LadderTeam {
	if t, ok := c.teams[name]; ok {
		return t
	}
	late := scenario.LateRefuse
	if c.rule.Wait {
		late = scenario.LateWait
	}
	return scenario.LadderTeam{Degrade: scenario.DegradeNormal, Floor: len(c.rungs) - 1, Late: late}
}

// early is how much sooner than others those step down who are to be first.
const early = 0.6

// share is of the limits, what a rung may promise a team.
func (c *Controller) share(t scenario.LadderTeam) float64 {
	switch t.Degrade {
	case scenario.DegradeFirst:
		return early * c.rule.StepDown
	case scenario.DegradeLast, scenario.DegradeNever:
		return 1
	}
	return c.rule.StepDown
}

// keeps says whether an offer is within a share of all limits.
func (c *Controller) keeps(o offer, share float64) bool {
	within := func(d, limit time.Duration) bool { return limit == 0 || float64(d) <= share*float64(limit) }
	return !o.unsure && within(o.bound+o.waited, c.slo.TTFT) && within(o.tpot, c.slo.TPOT) && within(o.e2e+o.waited, c.slo.E2E)
}

// offer is the best of a rung's servers.
func (c *Controller) offer(now time.Time, i int, q Request) (best offer) {
	best.server = -1
	r := &c.rungs[i]
	output := c.answer(r, q)
	for _, s := range r.servers {
		v := &c.servers[s]
		if !v.up || slices.Contains(q.Tried, s) || !v.breaker.ready(now) {
			continue
		}
		share := c.turns(s)
		o := offer{server: s, waited: q.Waited, ttft: v.pace.ttft(v.load, q.Prompt, output, share), tpot: v.pace.tpot(v.load, share)}
		o.bound = v.pace.margin.Bound(0, o.ttft)
		o.e2e = o.bound + times(o.tpot, float64(max(output-1, 0)))
		o.unsure = !v.pace.known() && v.load.waiting+v.load.running >= v.pace.limits.MaxBatch
		if best.server < 0 || o.bound < best.bound || o.bound == best.bound && v.load.total() < c.servers[best.server].load.total() {
			best = o
		}
	}
	return best
}

func (l load) total() int { return l.waiting + l.running }

// answer is how many tokens an answer on a rung is taken to have.
func (c *Controller) answer(r *rung, q Request) int {
	n := q.Output
	if n == 0 {
		n = int(c.output)
	}
	if r.longest > 0 && (n == 0 || n > r.longest) {
		n = r.longest
	}
	return max(n, 1)
}

// turns is how many servers take turns on the processors of one, itself included.
func (c *Controller) turns(s int) float64 {
	n := 1
	for i := range c.servers {
		if v := &c.servers[i]; i != s && v.machine != "" && v.machine == c.servers[s].machine && v.load.total() > 0 {
			n++
		}
	}
	return float64(n)
}

// gate closes a rung that could not serve a usual request in time, and opens one that could with room to spare.
func (c *Controller) gate(now time.Time, i int, d *Decision) {
	r := &c.rungs[i]
	o := c.offer(now, i, Request{Prompt: int(c.prompt), Output: int(c.output)})
	switch {
	case o.server < 0 || o.unsure: // not for being slow
	case !r.closed && !c.keeps(o, c.rule.StepDown):
		r.closed, r.since = true, now
		d.Left = append(d.Left, i)
	case r.closed && now.Sub(r.since) >= c.rule.Dwell && c.keeps(o, c.rule.StepUp):
		r.closed, r.since = false, now
		d.Taken = append(d.Taken, i)
	}
}

// usual is the weight of a request in the mean.
const usual = 1.0 / 32

// see learns what requests are like.
func (c *Controller) see(q Request) {
	if c.prompt == 0 {
		c.prompt, c.output = float64(q.Prompt), float64(q.Output)
	}
	c.prompt += usual * (float64(q.Prompt) - c.prompt)
	if q.Output > 0 {
		c.output += usual * (float64(q.Output) - c.output)
	}
}

// retryAfter is when the best of the rungs would be in time, if nobody else came.
func (c *Controller) retryAfter(best Decision) time.Duration {
	wait := c.refusal.Least
	if best.Rung >= 0 {
		wait = best.Bound - c.slo.TTFT
	}
	seconds := math.Ceil(max(wait, c.refusal.Least).Seconds())
	return min(time.Duration(seconds)*time.Second, max(c.refusal.Most, time.Second))
}
