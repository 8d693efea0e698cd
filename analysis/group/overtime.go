package group

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/steady"
	"github.com/assaylab/assay/loadgen/result"
)

// What counts as a change over a cell.
const (
	// DriftShare is the change of TPOT from which one that is more than chance matters.
	DriftShare = 0.10
	// OverTimeAlpha is the probability with which a cell that is steady is said not to be,
	// by each of the tests, over all of its repetitions together.
	OverTimeAlpha = 0.01
)

// OverTime is what became of a trial while it ran.
type OverTime struct {
	Unjudged string            // why it is not judged whether it was steady; "" where it is
	TPOT     steady.Assessment // of the requests that have one, in issue order
	WarmUp   int               // first requests with another TPOT, or with fewer in flight, than the rest
	Growth   steady.Growth     // of the queue; zero for a closed loop, which cannot grow
	Modes    *steady.Modes     // of TTFT; nil where there is one
	tpot     []int             // the requests that TPOT's values are of
}

// Trimmed are the first requests of a trial, which are of its warm-up. A failure is never
// among them: it stays with the requests that are measured.
type Trimmed struct {
	Requests []result.Request // in issue order
	To       int64            // the intended time of the last of them, from where the window counts; 0 where there are none
	Kept     int              // failures among the first requests that were left where they are
}

// Measured is the window of the requests that are left, in nanoseconds.
func (t *Trial) Measured() int64 { return t.WindowNS - t.Trimmed.To }

// Tokens are those of one request that were stamped in the window. What trimmed requests
// got in it counts too, with the first request that is left: the server worked for them.
func (t *Trial) Tokens(r *result.Request) int {
	n := metric.TokensInWindow(r, t.WindowNS)
	if r == &t.Requests[0] {
		for i := range t.Trimmed.Requests {
			q := &t.Trimmed.Requests[i]
			n += metric.TokensInWindow(q, t.WindowNS) - metric.TokensInWindow(q, t.Trimmed.To)
		}
	}
	return n
}

// overTime judges how every trial went while it ran, and trims the warm-up where the load
// asks for that. A queue that only grows is a finding about the arm, and no fault of the
// measurement: it is not a reason against the cell's validity.
func (c *Cell) overTime() {
	alpha := OverTimeAlpha / float64(max(len(c.Trials), 1))
	for i := range c.Trials {
		t := &c.Trials[i]
		t.OverTime = c.course(t, alpha)
		if reason := saturated(t); reason != "" {
			c.OverSaturated = append(c.OverSaturated, c.label(*t)+reason)
		}
	}
	if len(c.OverSaturated) > 0 {
		return
	}
	for i := range c.Trials {
		t := &c.Trials[i]
		if reason := t.OverTime.unsteady(t); reason != "" {
			c.Unsteady = append(c.Unsteady, c.label(*t)+reason)
		}
		if c.Load.Trim == record.TrimAuto {
			t.trim()
		}
	}
	c.Invalid = append(c.Invalid, c.Unsteady...)
}

// course runs the tests that a load allows.
func (c *Cell) course(t *Trial, alpha float64) OverTime {
	o := OverTime{Growth: steady.Growth{P: 1}}
	if Level(c.Load) {
		o.Growth = steady.Grow(Arrivals(t.Requests), alpha)
	}
	switch {
	case !Level(c.Load) && c.Load.Rate > 0:
		o.Unjudged = "the rate moves as the load says"
	case c.Load.Conversation != "":
		o.Unjudged = "prompts grow with the turns of conversations"
	default:
		o.judge(t, c.Load.Rate > 0, alpha)
	}
	if !o.Growth.Grows {
		o.Modes = modes(t, alpha)
	}
	return o
}

// Level says whether a load has a rate that stays the same, so that a queue may be asked
// whether it grows.
func Level(l record.Load) bool {
	return l.Rate > 0 && l.Shape == "" && !strings.HasPrefix(l.Arrival, "recorded")
}

func (o *OverTime) judge(t *Trial, open bool, alpha float64) {
	var tpot []float64
	for i := 0; i < len(t.Requests); i += every(t.Requests) {
		if v, ok := metric.TPOT(&t.Requests[i]); ok && v > 0 && !math.IsInf(v, 0) {
			tpot, o.tpot = append(tpot, v), append(o.tpot, i)
		}
	}
	o.TPOT = steady.Assess(tpot, DriftShare, alpha)
	if o.TPOT.WarmUp > 0 {
		o.WarmUp = o.tpot[o.TPOT.WarmUp]
	}
	if open {
		n := every(t.Requests)
		cut, _ := steady.WarmUp(thin(InFlight(t.Requests), n))
		o.WarmUp = max(o.WarmUp, cut*n)
	}
}

// mostJudged requests of a trial, evenly spaced, say as much as millions.
const mostJudged = 50_000

func every(requests []result.Request) int { return max(1, (len(requests)+mostJudged-1)/mostJudged) }

func thin(values []float64, every int) []float64 {
	var out []float64
	for i := 0; i < len(values); i += every {
		out = append(out, values[i])
	}
	return out
}

// modes tests TTFT of the requests that have one.
func modes(t *Trial, alpha float64) *steady.Modes {
	var waits []float64
	for i := 0; i < len(t.Requests); i += every(t.Requests) {
		if v, ok := metric.TTFT(&t.Requests[i]); ok && !math.IsInf(v, 0) {
			waits = append(waits, v)
		}
	}
	tail := OverTimeAlpha
	if alpha < tail { // several repetitions
		tail = 0.001
	}
	if m, found := steady.Mixture(waits, tail); found {
		return &m
	}
	return nil
}

// Arrivals are requests as a queue sees them. One that timed out waited at least until
// then; how long one that was turned away would have waited is not known.
func Arrivals(requests []result.Request) []steady.Arrival {
	out := make([]steady.Arrival, len(requests))
	for i := range requests {
		r := &requests[i]
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
		out[i] = a
	}
	return out
}

// InFlight is how many requests each one found when it was due, in issue order.
func InFlight(requests []result.Request) []float64 {
	var ends []int64
	for i := range requests {
		if r := &requests[i]; r.End != result.Never {
			ends = append(ends, r.End)
		}
	}
	slices.Sort(ends)
	out := make([]float64, len(requests))
	for i := range requests {
		gone, _ := slices.BinarySearch(ends, requests[i].Intended+1)
		out[i] = float64(i - gone)
	}
	return out
}

// saturated words that a queue only grew; "" where it did not.
func saturated(t *Trial) string {
	if t.Stopped != "" {
		return t.Stopped
	}
	if !t.OverTime.Growth.Grows {
		return ""
	}
	return Saturated(t.OverTime.Growth)
}

// Saturated words a queue that only grows.
func Saturated(g steady.Growth) string {
	return fmt.Sprintf("over-saturated: the queue only grows, from %s to %s requests in flight and from %s to %s of TTFT (medians of the first and the last third, %s)",
		words.Number(g.InFlight[0]), words.Number(g.InFlight[1]), words.Duration(g.Wait[0]), words.Duration(g.Wait[1]), chance(g.P))
}

// unsteady words why a trial's TPOT has no one level; "" where it has, or where that cannot be told.
func (o *OverTime) unsteady(t *Trial) string {
	a := o.TPOT
	levels := fmt.Sprintf("from %s to %s (%s)", words.Duration(a.First), words.Duration(a.Last), chance(a.P))
	switch a.State {
	case steady.Drifts:
		return "TPOT drifts: it went " + levels + " from the first to the last third"
	case steady.Unsteady:
		return "it never reached a steady state: no end of the warm-up was found in the first quarter, and TPOT went " + levels + " from that to the last third"
	case steady.Shifts:
		return fmt.Sprintf("TPOT jumps %s in: it went %s", words.Duration(float64(o.JumpAt(t.Requests))), levels)
	}
	return ""
}

// JumpAt is when TPOT jumps, in the requests that were judged, trimmed ones included; 0 where it does not.
func (o *OverTime) JumpAt(requests []result.Request) int64 {
	if o.TPOT.State != steady.Shifts {
		return 0
	}
	return requests[o.tpot[min(o.TPOT.At, len(o.tpot)-1)]].Intended
}

func chance(p float64) string {
	if p < 0.0001 {
		return "p < 0.0001"
	}
	return "p = " + words.Number(p)
}

// trim takes the warm-up from the requests, but for failures in it.
func (t *Trial) trim() {
	n := t.OverTime.WarmUp
	if n == 0 {
		return
	}
	kept := make([]result.Request, 0, len(t.Requests))
	for _, r := range t.Requests[:n] {
		if r.Outcome != result.OK {
			kept = append(kept, r)
			continue
		}
		t.Trimmed.Requests = append(t.Trimmed.Requests, r)
	}
	t.Trimmed.To, t.Trimmed.Kept = t.Requests[n-1].Intended, len(kept)
	t.Requests = append(kept, t.Requests[n:]...)
}

// Course is the trial of a cell whose course tells most: the one that is the least steady,
// or else the first. Nil without trials.
func (c *Cell) Course() *Trial {
	var all []*Trial
	for i := range c.Trials {
		all = append(all, &c.Trials[i])
	}
	if len(all) == 0 {
		return nil
	}
	return slices.MinFunc(all, func(a, b *Trial) int {
		return cmp.Or(cmp.Compare(a.OverTime.Growth.P, b.OverTime.Growth.P), cmp.Compare(chanceOf(a), chanceOf(b)), cmp.Compare(b.OverTime.WarmUp, a.OverTime.WarmUp))
	})
}

// chanceOf is 1 for what is steady.
func chanceOf(t *Trial) float64 {
	if t.OverTime.TPOT.State > steady.Steady {
		return t.OverTime.TPOT.P
	}
	return 1
}
