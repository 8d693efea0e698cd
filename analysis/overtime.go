package analysis

import (
	"fmt"
	"math"
	"strings"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
)

// OverTime is what became of a cell while it ran.
type OverTime struct {
	OverSaturated []string // of which repetitions the queue only grew, one sentence each: the verdict is then Missed, whatever the limits say so far
	Unsteady      []string // why there is no steady state, of which repetitions; in Invalid too
	Unjudged      string   // why it is not judged whether there is one; "" where it is
	Undecided     int      // repetitions of too few requests, or too much alike, to tell

	WarmUp        int // first requests of the repetitions that are of another level than the rest
	Trimmed       int // of these, those that were left out of all figures of the cell
	TrimmedMisses int // of these, those that broke a limit
	TrimmedKept   int // failures among the warm-up, which are never left out

	Unsent  int    // requests that were not issued because a trial was stopped, over the repetitions
	Stopped string // why, of the first one that was

	Mixture string  // TTFT is of two kinds, in words; "" where it is not
	Course  *Course // of the trial that tells most; nil where nothing of the above is to be shown
}

// Course is one trial over time, thinned for a figure. All times are nanoseconds after the
// schedule's zero.
type Course struct {
	Trial    record.TrialKey
	Metric   string // "tpot" where that is what moves, else "ttft"
	Window   int64  // to the last issue
	WarmUp   int64  // to the end of the warm-up, 0 where there is none
	Trimmed  bool   // the warm-up is left out of the figures
	Jump     int64  // where TPOT jumps to another level, 0 where it does not
	Stopped  bool   // before all requests were sent
	Requests []CoursePoint
}

// CoursePoint is a request: when it was due, its latency, and how many others were in flight.
type CoursePoint struct {
	At       int64
	Latency  float64 // nanoseconds, of the course's metric; +Inf of a failure, NaN where it is not defined
	InFlight int
}

// coursePoints are as many as a figure can tell apart.
const coursePoints = 400

func newOverTime(c *group.Cell, slos []record.SLO) OverTime {
	o := OverTime{OverSaturated: c.OverSaturated}
	for i := range c.Trials {
		t := &c.Trials[i]
		o.add(t, slos)
		if t.OverTime.TPOT.State == 0 && t.OverTime.Unjudged == "" {
			o.Undecided++
		}
	}
	o.Unsteady = c.Unsteady
	if t := c.Course(); t != nil && o.tells() {
		o.Course = newCourse(t, len(o.OverSaturated) > 0, len(o.Unsteady) > 0 || o.Trimmed > 0 && t.OverTime.TPOT.WarmUp > 0)
	}
	return o
}

func (o *OverTime) add(t *group.Trial, slos []record.SLO) {
	o.Unjudged = t.OverTime.Unjudged
	o.WarmUp += t.OverTime.WarmUp
	o.Trimmed += t.Trimmed.Requests.Len()
	o.TrimmedKept += t.Trimmed.Kept
	for r := range t.Trimmed.Requests.All() {
		if metric.JudgeAll(slos, r) == metric.Fail {
			o.TrimmedMisses++
		}
	}
	o.Unsent += t.Unsent
	if o.Stopped == "" {
		o.Stopped = t.Stopped
	}
	if m := t.OverTime.Modes; m != nil && o.Mixture == "" {
		o.Mixture = fmt.Sprintf("TTFT is of two kinds: %.0f %% of the requests around %s, %.0f %% around %s (dip test, p < %g). No single percentile stands for both.",
			100*m.Share[0], words.Duration(m.At[0]), 100*m.Share[1], words.Duration(m.At[1]), m.Tail)
	}
}

// tells says whether there is something to show.
func (o *OverTime) tells() bool {
	return len(o.OverSaturated)+len(o.Unsteady)+o.Trimmed+o.Unsent > 0 || o.Mixture != ""
}

func newCourse(t *group.Trial, saturated, moves bool) *Course {
	all := t.Whole()
	c := &Course{Trial: t.Key, Metric: "ttft", Window: t.WindowNS, Trimmed: t.Trimmed.Requests.Len() > 0, Stopped: t.Stopped != ""}
	if !saturated {
		c.Jump = t.OverTime.JumpAt()
	}
	of := metric.TTFT
	if moves { // TPOT does
		c.Metric, of = "tpot", metric.TPOT
	}
	every := (all.Len() + coursePoints - 1) / coursePoints
	traffic, i := group.NewTraffic(all.Len(), max(every, 1)), 0
	for r := range all.All() {
		traffic.Add(r)
		if i++; i == t.OverTime.WarmUp && !saturated {
			c.WarmUp = r.Intended
		}
		if (i-1)%every == 0 {
			v, ok := of(r)
			if !ok {
				v = math.NaN()
			}
			c.Requests = append(c.Requests, CoursePoint{At: r.Intended, Latency: v})
		}
	}
	for k, n := range traffic.InFlight() {
		c.Requests[k].InFlight = int(n)
	}
	return c
}

// sustained is a verdict of limits with what the queue did. A rate at which it only grows
// is not held: each further request waits longer, and that so far enough of them came in
// time says how short the trial was. A limit on TTFT or on E2E is missed by all but the
// first if it goes on, and where there are only others, or none, the arm is still not one
// that serves this rate.
func (o *OverTime) sustained(v Verdict) Verdict {
	if len(o.OverSaturated) > 0 {
		return Missed
	}
	return v
}

// whySaturated says why an arm that breaks no limit so far does not hold a load.
func (a *analysis) whySaturated(m *measured) string {
	return fmt.Sprintf("It does not hold the load %s: %s.", a.atLoad(m), strings.TrimSuffix(m.OverTime.OverSaturated[0], "."))
}

// warnOverTime counts cells: each has its words in the report's section.
func (a *analysis) warnOverTime() {
	mixed, unknown, cells := 0, 0, len(a.study.Cells)
	for i := range a.study.Cells {
		o := &a.study.Cells[i].OverTime
		if o.Mixture != "" {
			mixed++
		}
		if o.Undecided > 0 {
			unknown++
		}
	}
	if mixed > 0 {
		a.say("TTFT is of two kinds in %d of %s: no single percentile stands for both.", mixed, words.Count(cells, "cell"))
	}
	if unknown > 0 {
		a.say("Whether a steady state was reached cannot be told in %d of %s, of too few requests.", unknown, words.Count(cells, "cell"))
	}
}
