package calibrate

import (
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
)

// errorsOf collects errors by quantity, in the order in which these first come.
type errorsOf struct {
	order  []string
	errors map[string][]float64
	known  map[string][]float64
}

func (e *errorsOf) note(quantity string, known float64, err int64) {
	e.noteFloat(quantity, known, float64(err))
}

func (e *errorsOf) noteFloat(quantity string, known, err float64) {
	if e.errors == nil {
		e.errors, e.known = map[string][]float64{}, map[string][]float64{}
	}
	if _, seen := e.errors[quantity]; !seen {
		e.order = append(e.order, quantity)
	}
	e.errors[quantity] = append(e.errors[quantity], err)
	e.known[quantity] = append(e.known[quantity], known)
}

// add compares what was measured with what the server did, for all metrics that a report has.
func (e *errorsOf) add(g readings) {
	for i := range g.requests {
		r := &g.requests[i]
		if r.Sent != result.Never {
			e.note("send", 0, r.Sent-r.Intended)
		}
		if !g.answers[i].timed {
			continue
		}
		truth := known(g.served[r.Seq], g.zero)
		for j := range r.Events {
			e.note("stamp", 0, r.Events[j].At-truth.Events[j].At)
		}
		for _, l := range metric.Latencies() {
			want, defined := l.Of(&truth)
			if got, ok := l.Of(r); ok && defined {
				e.noteFloat(l.Name, want, got-want)
			}
		}
		for _, p := range metric.PooledGaps() {
			want := p.Of(&truth)
			for j, got := range p.Of(r) {
				e.noteFloat(p.Name, want[j], got-want[j])
			}
		}
	}
}

// known is the timeline that an instrument without error would have kept: the request was wanted, sent and there at one moment,
// and every message was stamped just before it was written.
func known(s scripted.Served, zero time.Time) result.Request {
	at := func(t time.Time) int64 { return int64(t.Sub(zero)) }
	r := result.New(s.Seq)
	r.Outcome = result.OK
	r.Intended = at(s.Arrived)
	r.Dequeued, r.Conn, r.Sent = r.Intended, r.Intended, r.Intended
	for i, step := range s.Steps {
		for _, n := range step.Tokens {
			r.Events = append(r.Events, result.Event{At: at(step.Before), Tokens: n, Read: i})
			r.OutputTokens += n
		}
	}
	if n := len(r.Events); n > 0 {
		r.First, r.FirstTokens, r.Last = r.Events[0].At, r.Events[0].Tokens, r.Events[n-1].At
	}
	r.End = r.Last
	return r
}

func (e *errorsOf) summary() []record.Exactness {
	var all []record.Exactness
	for _, q := range e.order {
		signed := stat.Sorted(e.errors[q])
		sizes := make([]float64, len(signed))
		for i, v := range signed {
			sizes[i] = max(v, -v)
		}
		slices.Sort(sizes)
		at := func(p float64) int64 { return int64(stat.NearestRank(sizes, p)) }
		all = append(all, record.Exactness{Quantity: q, N: len(sizes), KnownNS: int64(stat.NearestRank(stat.Sorted(e.known[q]), 0.5)),
			BiasNS: int64(stat.NearestRank(signed, 0.5)), P50NS: at(0.5), P95NS: at(0.95), P99NS: at(0.99), MaxNS: at(1)})
	}
	return all
}
