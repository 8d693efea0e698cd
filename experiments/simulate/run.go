package simulate

import (
	"container/heap"
	"errors"
	"fmt"
)

// Deployment is what is simulated: replicas of one engine behind a router.
type Deployment struct {
	Engine   Engine
	Replicas int
	Router   Routing // empty is RoundRobin
	Seed     uint64  // of routing and noise

	Warmup int  // requests of the source that are left out of what is measured
	Events bool // every token's stamp is kept
	// Stepwise plans every step by itself, which is slower and gives the same: blocks of steps are held to it by a test.
	Stepwise bool
	// Stop, which may be nil, is asked now and then, also from several goroutines; an error ends the run.
	Stop func() error
}

// Validate returns what cannot be simulated.
func (d *Deployment) Validate() error {
	var errs []error
	if d.Replicas < 1 {
		errs = append(errs, fmt.Errorf("simulate: %d replicas, expected at least 1", d.Replicas))
	}
	if _, err := ParseRouting(string(d.Router)); err != nil {
		errs = append(errs, fmt.Errorf("simulate: %w", err))
	}
	return errors.Join(append(errs, d.Engine.Validate())...)
}

// Feedback is a Source that is told when requests end, at the client; those that it then has may come later than all
// before. A closed loop is one.
type Feedback interface {
	Source
	Ended(at int64)
}

// Run has the deployment serve a source's requests to the end, and calls each for every request as it ends or is
// refused; the timeline is valid until it returns. The usage is by replica.
func Run(d Deployment, from Source, each func(*Timeline)) (*Outcome, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	c := newCluster(&d, from, each)
	for n := 0; ; n++ {
		if err := d.stopped(n); err != nil {
			return nil, err
		}
		more, err := c.step()
		if err != nil {
			return nil, err
		}
		if !more {
			return c.outcome(), nil
		}
	}
}

// stopEvents is after how many events Stop is asked.
const stopEvents = 1 << 14

// stopped asks Stop before every so many events.
func (d *Deployment) stopped(events int) error {
	if d.Stop == nil || events%stopEvents > 0 {
		return nil
	}
	return d.Stop()
}

// Outcome is what replicas did.
type Outcome struct {
	Replicas []Usage
	Gaps     *Histogram // between tokens of measured requests, at the engine
	End      int64      // when the last event was
}

// cluster is a run under way.
type cluster struct {
	d           *Deployment
	from        Source
	loop        Feedback // the same, if it is one
	each        func(*Timeline)
	router      Router
	replicas    []*replica
	outstanding []int32 // by replica
	events      *events
	coming      coming
	waiting     []incoming // in front of a shared queue
	ahead       Request    // of the source, not yet on its way
	has         bool
	seq         int
	now         int64
}

func newCluster(d *Deployment, from Source, each func(*Timeline)) *cluster {
	c := &cluster{d: d, from: from, each: each, router: d.Router.New(d.Replicas, d.Seed), outstanding: make([]int32, d.Replicas)}
	c.loop, _ = from.(Feedback)
	for i := range d.Replicas {
		r := newReplica(&d.Engine, i, d.Seed)
		r.stepwise, r.keep = d.Stepwise, d.Events
		c.replicas = append(c.replicas, r)
	}
	c.events = newEvents(c.replicas)
	c.has = from.Next(&c.ahead)
	return c
}

// step goes on to the next event. At one time, steps end before requests arrive, and these before steps are planned.
func (c *cluster) step() (more bool, err error) {
	if err := c.send(); err != nil {
		return false, err
	}
	r := c.events.next()
	switch {
	case len(c.coming) > 0 && (c.coming[0].at < r.at || c.coming[0].at == r.at && r.state != computing):
		c.arrive(heap.Pop(&c.coming).(incoming))
		return true, nil
	case r.at == never:
		return false, c.over()
	}
	c.now = r.at
	if err := r.step(); err != nil {
		return false, err
	}
	c.events.moved(r)
	c.end(r)
	return true, nil
}

// over checks that nothing is left.
func (c *cluster) over() error {
	if c.has || len(c.waiting) > 0 {
		return fmt.Errorf("simulate: %d requests wait for a place and nothing runs", len(c.waiting))
	}
	return nil
}

// send puts on their way the requests of the source that could be the next to arrive: who is sent later than the next
// one arrives cannot overtake it.
func (c *cluster) send() error {
	for c.has && (len(c.coming) == 0 || c.ahead.At <= c.coming[0].at) {
		q := c.ahead
		if q.Prompt < 1 || q.Output < 1 {
			return fmt.Errorf("simulate: request %d has %d prompt and %d output tokens, expected at least 1 of each", c.seq, q.Prompt, q.Output)
		}
		line := Timeline{Request: q, Seq: c.seq, Measured: c.seq >= c.d.Warmup}
		at := max(c.now, q.enter(&c.d.Engine.Overhead, c.d.Engine.Noise, c.d.Seed, c.seq))
		heap.Push(&c.coming, incoming{at, line, line.Measured})
		c.seq++
		c.has = c.from.Next(&c.ahead)
	}
	return nil
}

// arrive has a request go to a replica, or wait in front of all.
func (c *cluster) arrive(a incoming) {
	c.now = a.at
	if c.d.Router == Shared && !c.place() {
		c.waiting = append(c.waiting, a)
		return
	}
	c.dispatch(a, a.at)
}

// place reports whether a replica has a place in its batch.
func (c *cluster) place() bool {
	for _, n := range c.outstanding {
		if int(n) < c.d.Engine.Sched.MaxBatch {
			return true
		}
	}
	return false
}

func (c *cluster) dispatch(a incoming, now int64) {
	i := c.router.Pick(&a.line.Request, c.outstanding)
	r := c.replicas[i]
	if !r.arrive(a.line, now, a.measured) {
		a.line.Replica, a.line.Arrived, a.line.Refused = i, now, true
		c.told(&a.line, a.line.At)
		return
	}
	c.outstanding[i]++
	c.events.moved(r)
}

// end hands out what a replica's step ended, and what waited for the places.
func (c *cluster) end(r *replica) {
	for _, j := range r.ended {
		c.outstanding[r.number]--
		j.line.leave(&c.d.Engine.Overhead, c.d.Engine.Noise, c.d.Seed)
		c.told(&j.line, j.line.Last)
	}
	r.recycle()
	for len(c.waiting) > 0 && c.place() {
		a := c.waiting[0]
		c.waiting = c.waiting[1:]
		c.dispatch(a, c.now)
	}
}

// told passes on what became of a request.
func (c *cluster) told(line *Timeline, at int64) {
	if c.each != nil {
		c.each(line)
	}
	if c.loop != nil {
		c.loop.Ended(max(at, c.now))
		if !c.has {
			c.has = c.from.Next(&c.ahead)
		}
	}
}

func (c *cluster) outcome() *Outcome {
	o := &Outcome{Gaps: new(Histogram), End: c.now}
	for _, r := range c.replicas {
		o.Replicas = append(o.Replicas, r.usage)
		o.Gaps.Merge(r.gaps)
	}
	return o
}
