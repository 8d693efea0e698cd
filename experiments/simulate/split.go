package simulate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/each"
)

// RunSplit is Run for routers to whom no replica's state matters, with the replicas simulated one by one, several at a time:
// the outcome is the same. Timelines come replica by replica.
func RunSplit(d Deployment, requests []Request, ended func(*Timeline)) (*Outcome, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if !d.Router.Independent() {
		return nil, fmt.Errorf("simulate: router is %q, which looks at replicas: they cannot be simulated apart", d.Router)
	}
	parts := d.split(requests)
	runs := make([]*part, len(parts))
	err := each.Index(len(parts), func(i int) (err error) {
		runs[i], err = d.runPart(i, parts[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	return join(runs, ended), nil
}

// run has replicas simulated apart where their router allows that: on as many processors as there are.
func (d *Deployment) run(from Source, ended func(*Timeline)) (*Outcome, error) {
	if d.Replicas == 1 || !d.Router.Independent() {
		return Run(*d, from, ended)
	}
	var requests []Request
	for q := (Request{}); from.Next(&q); {
		requests = append(requests, q)
	}
	return RunSplit(*d, requests, ended)
}

// split is the arrivals of each replica, in order.
func (d *Deployment) split(requests []Request) [][]incoming {
	router, none := d.Router.New(d.Replicas, d.Seed), make([]int32, d.Replicas)
	all := make([]incoming, len(requests))
	for i, q := range requests {
		line := Timeline{Request: q, Seq: i, Measured: i >= d.Warmup}
		all[i] = incoming{q.enter(&d.Engine.Overhead, d.Engine.Noise, d.Seed, i), line, line.Measured}
	}
	slices.SortFunc(all, func(a, b incoming) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.line.Seq, b.line.Seq)) })
	parts := make([][]incoming, d.Replicas)
	for _, s := range all {
		i := router.Pick(&s.line.Request, none)
		parts[i] = append(parts[i], s)
	}
	return parts
}

// part is what one replica did.
type part struct {
	replica *replica
	lines   []Timeline
	end     int64
}

// runPart serves one replica's arrivals.
func (d *Deployment) runPart(number int, arrivals []incoming) (*part, error) {
	r := newReplica(&d.Engine, number, d.Seed)
	r.stepwise, r.keep = d.Stepwise, d.Events
	p := &part{replica: r}
	for n := 0; ; n++ {
		if err := d.stopped(n); err != nil {
			return nil, err
		}
		switch {
		case len(arrivals) > 0 && (arrivals[0].at < r.at || arrivals[0].at == r.at && r.state != computing):
			a := arrivals[0]
			arrivals = arrivals[1:]
			p.end = a.at
			if !r.arrive(a.line, a.at, a.measured) {
				a.line.Replica, a.line.Arrived, a.line.Refused = number, a.at, true
				p.lines = append(p.lines, a.line)
			}
			continue
		case r.at == never:
			return p, nil
		}
		p.end = r.at
		if err := r.step(); err != nil {
			return nil, err
		}
		for _, j := range r.ended {
			j.line.leave(&d.Engine.Overhead, d.Engine.Noise, d.Seed)
			p.lines = append(p.lines, j.line)
		}
		r.recycle()
	}
}

// join hands out timelines replica by replica.
func join(parts []*part, ended func(*Timeline)) *Outcome {
	o := &Outcome{Gaps: new(Histogram)}
	for _, p := range parts {
		o.Replicas = append(o.Replicas, p.replica.usage)
		o.Gaps.Merge(p.replica.gaps)
		o.End = max(o.End, p.end)
		for j := range p.lines {
			if ended != nil {
				ended(&p.lines[j])
			}
		}
	}
	return o
}
