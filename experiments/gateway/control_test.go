package gateway

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/scenario"
)

// parsed is a ladder from text.
func parsed(t testing.TB, text string) *scenario.Ladder {
	t.Helper()
	l, err := scenario.ParseLadder("ladder.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// two is a slow rung of one sequence, whose steps take 10 ms and whose prompts 1 ms a token, above one that is ten times as fast.
const two = `
name = "m"
[slo]
ttft = "1s"
[control]
step_down = 1.0
step_up = 0.4
dwell = "2s"
[[rung]]
name = "full"
url = "http://a"
concurrent = 1
[rung.declared]
step = "10ms"
prefill = 1000
[[rung]]
name = "small"
url = "http://b"
concurrent = 8
[rung.declared]
step = "1ms"
prefill = 10000
`

// up is a controller whose servers are all there, and whose margins are what they are at first.
func up(t testing.TB, text string) *Controller {
	c := NewController(parsed(t, text))
	for i := range c.servers {
		c.SetUp(i, true)
	}
	return c
}

var zero = time.Unix(1_800_000_000, 0)

func at(d time.Duration) time.Time { return zero.Add(d) }

func ask(c *Controller, d time.Duration, q Request) Decision { return c.Choose(at(d), q) }

func plain() Request { return Request{Prompt: 100, Output: 20} }

// The time to the first token of an idle server, behind one that runs, and of more is that of the model, written out.
func TestPredictions(t *testing.T) {
	c := up(t, two)
	idle := ask(c, 0, plain())
	if want := 110 * time.Millisecond; idle.Rung != 0 || near(idle.TTFT, want) > .05 || idle.Bound != time.Duration(1.5*float64(idle.TTFT)) {
		t.Errorf("idle: %+v, want about %v on rung 0, and half as much again as the bound", idle, want)
	}
	if near(idle.TPOT, 10*time.Millisecond) > .1 {
		t.Errorf("time per token %v", idle.TPOT)
	}
	c.Begin(at(0), idle, plain())
	// one is before it: it has 100 tokens of a prompt and 20 steps to go
	behind := c.offer(at(0), 0, plain())
	if want := 200*time.Millisecond + 20*10*time.Millisecond; near(behind.ttft, want) > .1 {
		t.Errorf("behind one: %v, want about %v", behind.ttft, want)
	}
}

func near(found, want time.Duration) float64 {
	return math.Abs(float64(found-want)) / float64(want)
}

// A script of what happens to a ladder: requests that come and end, and who has what.
func TestStepsDownBeforeTheLimitAndUpWithHysteresis(t *testing.T) {
	c := up(t, two)
	var tickets []*Ticket
	send := func(d time.Duration) int {
		q := plain()
		got := ask(c, d, q)
		if got.Rung >= 0 {
			tickets = append(tickets, c.Begin(at(d), got, q))
		}
		return got.Rung
	}
	for i, want := range []int{0, 0, 1, 1} { // a third on the slow rung would be promised for after 1.2 s
		if got := send(time.Duration(i) * time.Millisecond); got != want {
			t.Fatalf("request %d went to rung %d, want %d", i, got, want)
		}
	}
	if !c.IsClosed(0) {
		t.Fatal("the rung that could not take another in time is not left")
	}
	now := 100 * time.Millisecond
	for _, k := range tickets { // all end
		c.First(at(now), k)
		c.End(at(now+time.Millisecond), k, 1, cancelled)
	}
	if got := send(200 * time.Millisecond); got != 1 {
		t.Errorf("within the dwelling time it went to rung %d", got)
	}
	if got := send(2100 * time.Millisecond); got != 0 || c.IsClosed(0) {
		t.Errorf("after it, with nobody before it, it went to rung %d", got)
	}
}

// What is between step_up and step_down neither closes a rung nor opens it.
func TestHysteresisHasAMargin(t *testing.T) {
	c := up(t, strings.Replace(two, "step_up = 0.4", "step_up = 0.1", 1)) // 0.1 s is less than what an idle server promises
	c.rungs[0].closed, c.rungs[0].since = true, zero
	if d := ask(c, time.Hour, plain()); d.Rung != 1 || !c.IsClosed(0) {
		t.Errorf("%+v", d)
	}
}

// A request that is too long for a rung goes by it, and leaves it to others.
func TestALongRequestStepsDownAlone(t *testing.T) {
	c := up(t, two)
	ask(c, 0, plain())
	if d := ask(c, 0, Request{Prompt: 5000, Output: 20}); d.Rung != 1 || len(d.Left) > 0 {
		t.Errorf("a long prompt: %+v", d)
	}
	if d := ask(c, 0, plain()); d.Rung != 0 {
		t.Errorf("a usual one after it: %+v", d)
	}
}

func TestRefusal(t *testing.T) {
	c := up(t, two)
	d := ask(c, 0, Request{Prompt: 200_000, Output: 20}) // 20 s of prompt on the faster one
	if d.Rung != -1 || d.Server != -1 || d.RetryAfter < 25*time.Second || d.RetryAfter > 30*time.Second || d.RetryAfter%time.Second != 0 {
		t.Errorf("%+v", d)
	}
	for i := range c.servers {
		c.SetUp(i, false)
	}
	if d := ask(c, 0, plain()); d.Rung != -1 || d.Best != -1 || d.RetryAfter != time.Second {
		t.Errorf("without servers: %+v", d)
	}
	if c.Available(zero) {
		t.Error("servers are available")
	}
}

const policies = two + `
[[team]]
name = "batch"
degrade = "first"
[[team]]
name = "sales"
degrade = "last"
[[team]]
name = "law"
degrade = "never"
late = "wait"
[[team]]
name = "tests"
floor = "full"
`

// The same request at the same time goes to another rung by whose it is.
func TestTeams(t *testing.T) {
	for _, row := range []struct {
		team   string
		prompt int // the bound of an idle server is some 1.5 ms a token
		want   int
	}{
		{"", 580, 0}, {"", 650, 1},
		{"batch", 350, 0}, {"batch", 580, 1},
		{"sales", 580, 0}, {"sales", 700, 1},
		{"law", 580, 0}, {"law", 50_000, 0},
		{"tests", 580, 0}, {"tests", 700, -1},
	} {
		c := up(t, strings.Replace(policies, "step_down = 1.0", "step_down = 0.95", 1))
		q := Request{Prompt: row.prompt, Output: 10, Team: row.team}
		if d := ask(c, 0, q); d.Rung != row.want || d.Late != (row.prompt > 10_000) {
			t.Errorf("team %q, %d tokens: rung %d, want %d (%+v)", row.team, row.prompt, d.Rung, row.want, d)
		}
	}
}

// Who is degraded last does not leave a rung because it is left by others.
func TestClosedRungsAreOpenToThoseWhoAreLast(t *testing.T) {
	c := up(t, policies)
	c.rungs[0].closed, c.rungs[0].since = true, zero
	for team, want := range map[string]int{"": 1, "batch": 1, "sales": 0, "law": 0} {
		if d := ask(c, 0, Request{Prompt: 100, Output: 10, Team: team}); d.Rung != want {
			t.Errorf("team %q: %+v", team, d)
		}
	}
}

// Servers on the same processors slow each other down, and those on others do not.
func TestTurns(t *testing.T) {
	text := strings.Replace(strings.Replace(two, `url = "http://a"`, "url = \"http://a\"\nmachine = \"x\"", 1), `url = "http://b"`, "url = \"http://b\"\nmachine = \"x\"", 1)
	for _, row := range []struct {
		text   string
		factor float64
	}{{text, 2}, {two, 1}} {
		c := up(t, row.text)
		alone := ask(c, 0, plain())
		c.Begin(at(0), Decision{Rung: 1, Server: 1}, plain())
		if beside := ask(c, 0, plain()); near(beside.TTFT, times(alone.TTFT, row.factor)) > 1e-6 {
			t.Errorf("%v alone, %v beside another server", alone.TTFT, beside.TTFT)
		}
	}
}

// Where nothing is known, as many are tried as a server computes at a time; then it is known.
func TestNothingKnown(t *testing.T) {
	c := up(t, strings.ReplaceAll(two, "[rung.declared]\nstep = \"10ms\"\nprefill = 1000\n", ""))
	first := ask(c, 0, plain())
	k := c.Begin(at(0), first, plain())
	if second := ask(c, 0, plain()); first.Rung != 0 || first.TTFT != 0 || second.Rung != 1 {
		t.Errorf("first %+v, second %+v", first, second)
	}
	only := up(t, strings.ReplaceAll(two[:strings.LastIndex(two, "[[rung]]")], "[rung.declared]\nstep = \"10ms\"\nprefill = 1000\n", ""))
	for range 3 {
		if d := ask(only, 0, plain()); d.Rung != 0 {
			t.Fatalf("refused although nothing is known: %+v", d)
		}
		only.Begin(at(0), Decision{}, plain())
	}
	c.First(at(time.Second), k)
	c.End(at(1200*time.Millisecond), k, 21, answered)
	if d := c.offer(at(1200*time.Millisecond), 0, plain()); near(d.ttft, time.Second) > .1 || near(d.tpot, 10*time.Millisecond) > .2 {
		t.Errorf("learned %v and %v a token", d.ttft, d.tpot)
	}
}

// A rung like another shares its servers and what is known of them, and has shorter answers.
func TestLike(t *testing.T) {
	c := up(t, `
name = "m"
[slo]
ttft = "1s"
e2e = "2s"
[[rung]]
name = "full"
url = "http://a"
concurrent = 1
[rung.declared]
step = "10ms"
prefill = 1000
[[rung]]
name = "short"
like = "full"
max_tokens = 50
`)
	if d := ask(c, 0, Request{Prompt: 100, Output: 40}); d.Rung != 0 {
		t.Errorf("%+v", d)
	}
	if d := ask(c, 0, Request{Prompt: 100, Output: 400}); d.Rung != 1 || d.Server != 0 { // 4 s of answer
		t.Errorf("%+v", d)
	}
}

// A request that was accepted is not refused for what it waited at a server that failed.
func TestAcceptedRequestsAreNotRefused(t *testing.T) {
	c := up(t, two)
	q := plain()
	q.Waited, q.Tried = 5*time.Second, []int{0}
	if d := ask(c, 0, q); d.Rung != -1 {
		t.Errorf("a late one: %+v", d)
	}
	q.Accepted = true
	if d := ask(c, 0, q); d.Rung != 1 || !d.Late {
		t.Errorf("one that was accepted: %+v", d)
	}
}

// Whatever happens in whatever order, what is in flight adds up, and ends at nothing.
func TestCountsAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c := up(t, policies)
	var flying []*Ticket
	for i := range 20_000 {
		now := at(time.Duration(i) * time.Millisecond)
		switch k := r.IntN(4); {
		case k < 2:
			q := Request{Prompt: 1 + r.IntN(200), Output: r.IntN(50), Team: []string{"", "batch", "sales", "law", "tests"}[r.IntN(5)]}
			if d := c.Choose(now, q); d.Rung >= 0 {
				flying = append(flying, c.Begin(now, d, q))
			}
		case len(flying) == 0:
		case k == 2:
			c.First(now, flying[r.IntN(len(flying))])
		default:
			j := r.IntN(len(flying))
			c.End(now, flying[j], r.IntN(30), outcome(r.IntN(4)))
			flying = slices.Delete(flying, j, j+1)
		}
		total := 0
		for s := range c.servers {
			waiting, running := c.InFlight(s)
			if l := c.servers[s].load; waiting < 0 || running < 0 || l.prompt < 0 || waiting == 0 && l.prompt != 0 {
				t.Fatalf("step %d: server %d has %+v", i, s, l)
			}
			total += waiting + running
		}
		if total != len(flying) {
			t.Fatalf("step %d: %d in flight, counted as %d", i, len(flying), total)
		}
	}
}

// sim is servers in virtual time: each computes one request after the other in as many places as it has, whose speed wanders.
type sim struct {
	c      *Controller
	r      *rand.Rand
	prompt []time.Duration // of a prompt, by server
	token  []time.Duration
	places []int
	queue  [][]*simmed
	busy   []int
	all    []*simmed
	heap   []event
}

type simmed struct {
	ticket *Ticket
	came   time.Duration
	first  time.Duration // 0 before
	tokens int
}

type event struct {
	at time.Duration
	do func(time.Duration)
}

func (s *sim) later(at time.Duration, do func(time.Duration)) {
	i := sort.Search(len(s.heap), func(i int) bool { return s.heap[i].at > at })
	s.heap = slices.Insert(s.heap, i, event{at, do})
}

func (s *sim) run() {
	for len(s.heap) > 0 {
		e := s.heap[0]
		s.heap = s.heap[1:]
		e.do(e.at)
	}
}

func (s *sim) arrive(now time.Duration, prompt, output int) {
	q := Request{Prompt: prompt, Output: output}
	d := s.c.Choose(at(now), q)
	m := &simmed{came: now, tokens: output}
	s.all = append(s.all, m)
	if d.Rung < 0 {
		return
	}
	m.ticket = s.c.Begin(at(now), d, q)
	s.queue[d.Server] = append(s.queue[d.Server], m)
	s.start(now, d.Server)
}

func (s *sim) start(now time.Duration, server int) {
	for s.busy[server] < s.places[server] && len(s.queue[server]) > 0 {
		m := s.queue[server][0]
		s.queue[server] = s.queue[server][1:]
		s.busy[server]++
		noise := math.Exp(.2 * s.r.NormFloat64())
		first := now + time.Duration(float64(s.prompt[server])*noise)
		s.later(first, func(now time.Duration) { m.first = now; s.c.First(at(now), m.ticket) })
		s.later(first+time.Duration(float64(m.tokens-1)*float64(s.token[server])*noise), func(now time.Duration) {
			s.c.End(at(now), m.ticket, m.tokens, answered)
			s.busy[server]--
			s.start(now, server)
		})
	}
}

// kept is the share of all requests whose first token came within a limit.
func (s *sim) kept(limit time.Duration) float64 {
	n := 0
	for _, m := range s.all {
		if m.first > 0 && m.first-m.came <= limit {
			n++
		}
	}
	return float64(n) / float64(len(s.all))
}

// peak simulates arrivals at a multiple of what the first rung alone can serve: one every 300 ms.
func peak(t *testing.T, text string, multiple float64) *sim {
	s := &sim{c: up(t, text), r: rand.New(rand.NewPCG(7, uint64(multiple*100))), prompt: []time.Duration{100 * time.Millisecond, 10 * time.Millisecond},
		token: []time.Duration{10 * time.Millisecond, time.Millisecond}, places: []int{1, 8}, queue: make([][]*simmed, 2), busy: make([]int, 2)}
	now := 0.0
	for range 3000 {
		now += s.r.ExpFloat64() * .3 / multiple
		s.later(time.Duration(now*1e9), func(now time.Duration) { s.arrive(now, 100, 21) })
	}
	s.run()
	return s
}

// At three times what the first rung can serve, nearly all keep the limit with the ladder, the first rung serves a good part of them,
// and without the ladder few do; below its capacity the ladder is not used.
func TestLadderUnderAPeak(t *testing.T) {
	const limit = time.Second
	with := peak(t, two, 3)
	if k := with.kept(limit); k < .99 {
		t.Errorf("with the ladder %.4f keep the limit", k)
	}
	if share := servedBy(with, 0); share < .1 || share > .34 {
		t.Errorf("the first rung serves %.3f of the requests at three times its capacity", share)
	}
	alone := strings.Replace(two[:strings.LastIndex(two, "[[rung]]")], "[control]", "[control]\n", 1)
	if k := peak(t, alone, 3).kept(limit); k > .5 || k < .2 {
		t.Errorf("with refusals and no ladder %.4f keep the limit", k)
	}
	waits := NewController(parsed(t, alone).Waiting())
	waits.SetUp(0, true)
	if d := waits.Choose(zero, Request{Prompt: 100_000}); d.Rung != 0 || !d.Late {
		t.Errorf("nobody is refused, but %+v", d)
	}
	if share := servedBy(peak(t, two, .3), 0); share < .85 {
		t.Errorf("far below its capacity the first rung serves %.3f of the requests", share)
	}
}

func servedBy(s *sim, rung int) float64 {
	n := 0
	for _, m := range s.all {
		if m.ticket != nil && m.ticket.Rung == rung {
			n++
		}
	}
	return float64(n) / float64(len(s.all))
}

// Changes of rungs are rare, though requests come and end all the time.
func TestRungsDoNotFlap(t *testing.T) {
	s := &sim{}
	*s = *peak(t, two, 1)
	changes, last := 0, -1
	for _, m := range s.all {
		if m.ticket != nil && len(m.ticket.Left)+len(m.ticket.Taken) > 0 {
			changes += len(m.ticket.Left) + len(m.ticket.Taken)
		}
		last = len(s.all)
	}
	seconds := s.all[last-1].came.Seconds()
	if most := seconds / 2 * 2; float64(changes) > most { // left and taken once in each dwelling time
		t.Errorf("%d changes in %.0f s, at most %.0f are possible", changes, seconds, most)
	}
}

func ExampleBreakerState() {
	fmt.Println(Closed, Open, HalfOpen)
	// Output: closed open half-open
}
