package simulate

import (
	"fmt"
	"time"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/sched"
)

// job is a request that an engine has.
type job struct {
	seq      sched.Sequence
	line     Timeline
	left     int   // tokens to come
	last     int64 // when the last one came, at the engine
	own      int32 // token that no other request has
	started  bool
	measured bool
}

// replica is one engine: its scheduler, and the block of steps that is under way.
type replica struct {
	e      *Engine
	number int
	sched  *sched.Scheduler
	pool   *kvcache.Pool
	plan   sched.Plan
	block  block
	noises noises
	state  state
	at     int64 // when the state ends; never where it does not by itself
	ready  int64 // when the engine can look at what is new
	done   int64 // when the last step ended
	idle   bool  // it has nothing to do, or had until now
	cold   cold  // how far back that is

	inbox        []*job
	jobs         []*job // by id of its sequence
	free         []*job
	queued       int // arrived and not started
	queuedTokens int
	live         int
	stepwise     bool // one step at a time, for comparison
	keep         bool // events

	usage Usage
	gaps  *Histogram
	ended []*job // by the last commit
	token [1]int32
	zeros []int32
}

// state is what a replica is doing.
type state uint8

const (
	computing state = iota // until at, when the block ends
	planning               // until at, when it plans
	resting                // nothing to do before at, when a batch is due, or before something arrives
)

const never = int64(1<<63 - 1)

// Usage is what a replica did.
type Usage struct {
	Busy     int64 `json:"busy_ns"` // inside steps
	Steps    int64 `json:"steps"`
	Tokens   int64 `json:"tokens"` // generated
	Served   int64 `json:"served"`
	Refused  int64 `json:"refused"`
	Preempts int64 `json:"preemptions"`
	// Area is the integral of requests in the engine over time, in nanoseconds: Little's law is that it is the sum of
	// the times that each was there.
	Area  int64 `json:"area_ns"`
	areaT int64
}

func newReplica(e *Engine, number int, seed uint64) *replica {
	r := &replica{e: e, number: number, pool: kvcache.New(e.Cache), state: resting, at: never, gaps: new(Histogram)}
	r.sched = sched.New(e.Sched, r.pool)
	r.noises = newNoises(e.Step, e.Noise, mix(seed+uint64(number)))
	return r
}

// occupy brings the integral of requests in the engine up to now.
func (r *replica) occupy(now int64) {
	r.usage.Area += int64(r.live) * (now - r.usage.areaT)
	r.usage.areaT = now
}

// refuses reports whether the engine's queue has no room for so long a prompt, as engine.Submit would.
func (r *replica) refuses(q *Request) bool {
	e := r.e
	switch {
	case e.Context > 0 && q.Prompt > e.Context-1:
		return true
	case e.MaxQueue > 0 && r.queued+1 > e.MaxQueue+e.Sched.MaxBatch:
		return true
	}
	n := r.queuedTokens + q.Prompt
	return e.MaxQueuedTokens > 0 && n > e.MaxQueuedTokens && n > q.Prompt
}

// arrive takes a request at now, which is never before the last event, and reports whether it is not refused.
func (r *replica) arrive(line Timeline, now int64, measured bool) bool {
	q := &line.Request
	if r.refuses(q) {
		r.usage.Refused++
		return false
	}
	j := r.job()
	line.Arrived, line.Replica = now, r.number
	j.line, j.left, j.started, j.measured, j.last = line, q.Output, false, measured, 0
	if r.e.Context > 0 {
		j.left = min(j.left, r.e.Context-q.Prompt)
	}
	r.sequence(j)
	r.occupy(now)
	r.live++
	r.queued++
	r.queuedTokens += q.Prompt
	r.inbox = append(r.inbox, j)
	switch r.state {
	case computing:
		if r.block.cut(now) {
			r.at = r.block.end()
		}
	case resting:
		r.state, r.at = planning, max(now, r.ready)
	case planning:
	}
	return true
}

// job is one that is used again, or a new one.
func (r *replica) job() *job {
	if n := len(r.free); n > 0 {
		j := r.free[n-1]
		r.free = r.free[:n-1]
		return j
	}
	j := new(job)
	j.seq.ID = uint64(len(r.jobs))
	r.jobs = append(r.jobs, j)
	return j
}

// sequence makes a job's sequence new. Tokens matter only where prefixes are found again: those of a group are alike, and all
// others are the request's own.
func (r *replica) sequence(j *job) {
	q := &j.line.Request
	j.own = 0
	tokens := r.zeros
	if r.e.Cache.Index == "" || r.e.Cache.Index == kvcache.IndexNone {
		for len(tokens) < q.Prompt {
			tokens = append(tokens, 0)
		}
		r.zeros, tokens = tokens, tokens[:q.Prompt]
	} else {
		tokens = make([]int32, q.Prompt)
		shared := int32(mix(uint64(q.Group)) & 0x3fffffff)
		j.own = int32(mix(uint64(j.line.Seq))&0x3fffffff | 0x40000000)
		for i := range tokens {
			if tokens[i] = j.own; q.Group != 0 && i < q.Shared {
				tokens[i] = shared
			}
		}
	}
	limit := q.Prompt + max(q.Asked, q.Output)
	if r.e.Context > 0 {
		limit = min(limit, r.e.Context)
	}
	s := &j.seq
	s.Tokens, s.Prompt, s.Limit = tokens, q.Prompt, max(q.Prompt+1, limit)
	s.Arrived = time.Duration(j.line.Arrived)
}

// step goes on from at, when the state ends.
func (r *replica) step() error {
	r.ended = r.ended[:0]
	if r.state == computing {
		r.commit()
		return nil
	}
	return r.next()
}

// next plans the next block, of what there is at now.
func (r *replica) next() error {
	now := r.at
	for _, j := range r.inbox {
		if err := r.sched.Add(&j.seq); err != nil {
			return fmt.Errorf("simulate: request %d of %d and %d tokens: %w", j.line.Seq, j.line.Prompt, j.line.Output, err)
		}
	}
	r.inbox = r.inbox[:0]
	if !r.sched.Next(&r.plan, time.Duration(now)) {
		return r.rest(now)
	}
	r.usage.Preempts += int64(len(r.plan.Preempted))
	most := 0
	if !r.stepwise {
		most = mostSteps - 1
	}
	for i := range r.plan.Items {
		j := r.jobs[r.plan.Items[i].Seq.ID]
		r.begin(j, now)
		most = min(most, j.left-1)
	}
	shape := shapeOf(&r.plan)
	n := 1 + r.sched.Repeats(&r.plan, most)
	if r.idle {
		r.cold, r.idle = rested(now-r.done), false
	}
	r.block.plan(r.e.Step, shape, r.cold, &r.noises, now, n, r.ending(n))
	r.state, r.at = computing, r.block.end()
	return nil
}

// ending is how many of the planned sequences have their last token in the n-th step.
func (r *replica) ending(n int) (ended int) {
	for i := range r.plan.Items {
		if it := &r.plan.Items[i]; it.Last() && r.jobs[it.Seq.ID].left == n {
			ended++
		}
	}
	return ended
}

// rest waits for a batch that is due, or for an arrival.
func (r *replica) rest(now int64) error {
	r.state, r.at, r.idle = resting, never, true
	if wake := int64(r.plan.Wake); wake > 0 {
		r.state, r.at = resting, max(wake, now+1)
		return nil
	}
	if r.live > 0 {
		return fmt.Errorf("simulate: the scheduler has nothing to run at %v with %d requests unfinished", time.Duration(now), r.live)
	}
	return nil
}

// begin notes a job's first step.
func (r *replica) begin(j *job, now int64) {
	if j.started {
		return
	}
	j.started = true
	j.line.Started = now
	r.queued--
	r.queuedTokens -= j.line.Prompt
}

// commit ends the block.
func (r *replica) commit() {
	b := &r.block
	n := b.steps
	r.tokens()
	r.sched.Repeat(&r.plan, n-1)
	r.noises.take(b.class[:n])
	for i := range b.steps {
		r.usage.Busy += b.ends[i] - b.starts[i]
	}
	r.usage.Steps += int64(n)
	for range n {
		r.cold = r.cold.next()
	}
	for i := range r.plan.Items {
		r.commitItem(&r.plan.Items[i], n)
	}
	r.done, r.ready = b.end(), b.ready
	r.state, r.at = planning, b.ready
	r.idle = r.sched.Running()+r.sched.Waiting() == 0 // as far as a trace knows: it says nothing of what came during the step
	if r.live == 0 && len(r.inbox) == 0 {
		r.state, r.at = resting, never
	}
}

// commitItem ends an item whose sequence had n tokens in the block, where it had any.
func (r *replica) commitItem(it *sched.Item, n int) {
	j := r.jobs[it.Seq.ID]
	if !it.Last() {
		r.sched.Commit(it, nil, false)
		return
	}
	end := r.block.end()
	if j.last == 0 {
		j.line.First, j.line.Cached = end, it.Seq.Cached
	}
	j.last = end
	j.left -= n
	r.usage.Tokens += int64(n)
	r.token[0] = j.own
	r.sched.Commit(it, r.token[:], j.left == 0)
	if j.left == 0 {
		j.line.Last, j.line.Preemptions = end, it.Seq.Preemptions
		r.occupy(end)
		r.live--
		r.usage.Served++
		r.ended = append(r.ended, j)
	}
}

// tokens records the gaps between tokens of the block, and the tokens themselves where they are kept. All sequences of a
// block of several steps have one token in each.
func (r *replica) tokens() {
	b, generating := &r.block, int64(0)
	for i := range r.plan.Items {
		it := &r.plan.Items[i]
		if !it.Last() {
			continue
		}
		j := r.jobs[it.Seq.ID]
		if r.keep {
			j.line.Tokens = append(j.line.Tokens, b.ends[:b.steps]...)
		}
		if !j.measured {
			continue
		}
		generating++
		if j.last > 0 {
			r.gaps.Add(b.ends[0]-j.last, 1)
		}
	}
	for i := 1; i < b.steps && generating > 0; i++ {
		r.gaps.Add(b.ends[i]-b.ends[i-1], generating)
	}
}

// recycle gives back the jobs that ended.
func (r *replica) recycle() {
	for _, j := range r.ended {
		j.line.Tokens = nil
	}
	r.free = append(r.free, r.ended...)
	r.ended = r.ended[:0]
}
