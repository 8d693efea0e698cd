package group

import (
	"cmp"
	"fmt"
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
	due      []int64           // of the requests that TPOT's values are of
}

// Trimmed are the first requests of a trial, which are of its warm-up. A failure is never
// among them: it stays with the requests that are measured.
type Trimmed struct {
	Requests Requests
	To       int64  // the intended time of the last of them, from where the window counts; 0 where there are none
	Kept     int    // failures among the first requests that were left where they are
	tokens   int    // that they got in the window
	next     uint64 // the first request that is left, with which these count
}

// Measured is the window of the requests that are left, in nanoseconds.
func (t *Trial) Measured() int64 { return t.WindowNS - t.Trimmed.To }

// Tokens are those of one request that were stamped in the window. What trimmed requests
// got in it counts too, with the first request that is left: the server worked for them.
func (t *Trial) Tokens(r *result.Request) int {
	return metric.TokensInWindow(r, t.WindowNS) + t.TrimmedTokens(r)
}

// TrimmedTokens is how many of a request's Tokens trimmed ones got.
func (t *Trial) TrimmedTokens(r *result.Request) int {
	if t.Trimmed.Requests.Len() > 0 && r.Seq == t.Trimmed.next {
		return t.Trimmed.tokens
	}
	return 0
}

// overTime says how every trial went while it ran, and trims the warm-up where the load
// asks for that. A queue that only grows is a finding about the arm, and no fault of the
// measurement: it is not a reason against the cell's validity.
func (c *Cell) overTime() {
	for i := range c.Trials {
		t := &c.Trials[i]
		if reason := saturated(t); reason != "" {
			c.OverSaturated = append(c.OverSaturated, c.label(*t)+reason)
		}
	}
	if len(c.OverSaturated) > 0 {
		return
	}
	for i := range c.Trials {
		t := &c.Trials[i]
		if reason := t.OverTime.unsteady(); reason != "" {
			c.Unsteady = append(c.Unsteady, c.label(*t)+reason)
		}
		if c.Load.Trim == record.TrimAuto {
			t.trim()
		}
	}
	c.Invalid = append(c.Invalid, c.Unsteady...)
}

// Level says whether a load has a rate that stays the same, so that a queue may be asked
// whether it grows.
func Level(l record.Load) bool {
	return l.Rate > 0 && l.Shape == "" && !strings.HasPrefix(l.Arrival, "recorded")
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
func (o *OverTime) unsteady() string {
	a := o.TPOT
	levels := fmt.Sprintf("from %s to %s (%s)", words.Duration(a.First), words.Duration(a.Last), chance(a.P))
	switch a.State {
	case steady.Drifts:
		return "TPOT drifts: it went " + levels + " from the first to the last third"
	case steady.Unsteady:
		return "it never reached a steady state: no end of the warm-up was found in the first quarter, and TPOT went " + levels + " from that to the last third"
	case steady.Shifts:
		return fmt.Sprintf("TPOT jumps %s in: it went %s", words.Duration(float64(o.JumpAt())), levels)
	}
	return ""
}

// JumpAt is when TPOT jumps: when the first request of its other level was due; 0 where it does not.
func (o *OverTime) JumpAt() int64 {
	if o.TPOT.State != steady.Shifts {
		return 0
	}
	return o.due[min(o.TPOT.At, len(o.due)-1)]
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
	warm := func(i int, r *result.Request) bool { return i < n && r.Outcome == result.OK }
	t.Trimmed.To = t.due(n - 1)
	i, next := 0, false
	for r := range t.Requests.All() {
		switch {
		case warm(i, r):
			t.Trimmed.tokens += metric.TokensInWindow(r, t.WindowNS) - metric.TokensInWindow(r, t.Trimmed.To)
		case !next:
			t.Trimmed.next, next = r.Seq, true
		}
		if i < n && !warm(i, r) {
			t.Trimmed.Kept++
		}
		if i++; i > n { // one more, where all of them are trimmed
			break
		}
	}
	all := t.Requests
	t.Trimmed.Requests = all.only(n-t.Trimmed.Kept, warm)
	t.Requests = all.only(all.Len()-n+t.Trimmed.Kept, func(i int, r *result.Request) bool { return !warm(i, r) })
}

// due is when the i-th request was.
func (t *Trial) due(i int) int64 {
	for r := range t.Requests.Summaries() {
		if i == 0 {
			return r.Intended
		}
		i--
	}
	return 0
}

// Whole are the requests with those that are trimmed, in issue order.
func (t *Trial) Whole() Requests {
	if t.Trimmed.Requests.Len() == 0 {
		return t.Requests
	}
	return AllOf(t.Requests.columns)
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
