package group

import (
	"math"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/steady"
	"github.com/assaylab/assay/loadgen/result"
)

// mostJudged requests of a trial, evenly spaced, say as much as millions.
const mostJudged = 50_000

// course takes from each request of a trial what the tests of its load look at.
type course struct {
	load      record.Load
	every, at int // which requests are judged, and the next one's place

	unjudged string
	tpot     []float64 // of those that have one
	place    []int     // of these
	due      []int64   // likewise
	waits    []float64 // TTFT
	arrivals []steady.Arrival
	traffic  *Traffic
}

func (c *Cell) newCourse(trial int) *course {
	n := c.Trials[trial].Requests.Len()
	o := &course{load: c.Load, every: max(1, (n+mostJudged-1)/mostJudged)}
	switch {
	case !Level(c.Load) && c.Load.Rate > 0:
		o.unjudged = "the rate moves as the load says"
	case c.Load.Conversation != "":
		o.unjudged = "prompts grow with the turns of conversations"
	case c.Load.Rate > 0:
		o.traffic = NewTraffic(n, o.every)
	}
	if Level(c.Load) {
		o.arrivals = make([]steady.Arrival, 0, n)
	}
	judged := n/o.every + 1
	o.waits = make([]float64, 0, judged)
	if o.unjudged == "" {
		o.tpot, o.place, o.due = make([]float64, 0, judged), make([]int, 0, judged), make([]int64, 0, judged)
	}
	return o
}

// see takes the next request.
func (o *course) see(r *result.Request) {
	if Level(o.load) {
		o.arrivals = append(o.arrivals, ArrivalOf(r))
	}
	if o.traffic != nil {
		o.traffic.Add(r)
	}
	if o.at%o.every == 0 {
		if v, ok := metric.TPOT(r); ok && v > 0 && !math.IsInf(v, 0) && o.unjudged == "" {
			o.tpot, o.place, o.due = append(o.tpot, v), append(o.place, o.at), append(o.due, r.Intended)
		}
		if v, ok := metric.TTFT(r); ok && !math.IsInf(v, 0) {
			o.waits = append(o.waits, v)
		}
	}
	o.at++
}

// judge runs the tests that the load allows.
func (o *course) judge(alpha float64) OverTime {
	out := OverTime{Unjudged: o.unjudged, Growth: steady.Growth{P: 1}, due: o.due}
	if Level(o.load) {
		out.Growth = steady.Grow(o.arrivals, alpha)
	}
	if o.unjudged == "" {
		out.TPOT = steady.Assess(o.tpot, DriftShare, alpha)
		if out.TPOT.WarmUp > 0 {
			out.WarmUp = o.place[out.TPOT.WarmUp]
		}
		if o.traffic != nil {
			cut, _ := steady.WarmUp(o.traffic.InFlight())
			out.WarmUp = max(out.WarmUp, cut*o.every)
		}
	}
	if !out.Growth.Grows {
		out.Modes = modes(o.waits, alpha)
	}
	return out
}

// modes tests TTFT of the requests that have one.
func modes(waits []float64, alpha float64) *steady.Modes {
	tail := OverTimeAlpha
	if alpha < tail { // several repetitions
		tail = 0.001
	}
	if m, found := steady.Mixture(waits, tail); found {
		return &m
	}
	return nil
}

// ArrivalOf is a request as a queue sees it. One that timed out waited at least until
// then; how long one that was turned away would have waited is not known.
func ArrivalOf(r *result.Request) steady.Arrival {
	a := steady.Arrival{At: r.Intended, End: r.End, Wait: math.NaN()}
	if r.End == result.Never {
		a.End = steady.Open
	}
	switch {
	case r.First != result.Never:
		a.Wait = float64(r.First - r.Intended)
	case r.Outcome == result.Timeout:
		a.Wait = float64(r.End - r.Intended)
	}
	return a
}

// Traffic says how many requests were in flight, from a walk over all of a trial.
type Traffic struct {
	every, n int
	due      []int64 // of every so many-th
	ends     []int64 // of all that have one
}

// NewTraffic looks at every so many-th of n requests.
func NewTraffic(n, every int) *Traffic {
	return &Traffic{every: every, ends: make([]int64, 0, n), due: make([]int64, 0, n/every+1)}
}

// Add adds the next request in issue order.
func (f *Traffic) Add(r *result.Request) {
	if f.n%f.every == 0 {
		f.due = append(f.due, r.Intended)
	}
	if r.End != result.Never {
		f.ends = append(f.ends, r.End)
	}
	f.n++
}

// InFlight is how many requests each one that is looked at found when it was due.
func (f *Traffic) InFlight() []float64 {
	gone, out := steady.NewEnded(f.due), make([]float64, len(f.due))
	for _, end := range f.ends {
		gone.Add(end)
	}
	for i, n := range gone.By() {
		out[i] = float64(i*f.every - n)
	}
	return out
}
