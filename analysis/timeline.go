package analysis

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// Timeline is what an engine did around the longest gap between two messages of one answer.
type Timeline struct {
	Trial            record.TrialKey
	From, To         int64 // nanoseconds of the trial's schedule: what is shown
	GapFrom, GapTo   int64 // the gap, as the client saw it
	Steps            []record.Step
	Lost             int64 // steps that the whole trial's trace lacks
	Prefill, Prompts int64 // of the gap: nanoseconds of steps with rows of prompts, and these rows
}

// What is shown around a gap: so many times its length, between bounds.
const (
	timelineGaps    = 12
	timelineLeast   = 250e6
	timelineLongest = 4e9
)

// gap is the longest gap between two messages of an answer in one trial.
type gap struct {
	trial    record.TrialKey
	from, to int64
}

func (g gap) length() int64 { return g.to - g.from }

// longestGap makes worst a gap of r where that is longer.
func longestGap(r *result.Request, worst *gap) {
	for k := 1; k < len(r.Events); k++ {
		if from, to := r.Events[k-1].At, r.Events[k].At; to-from > worst.length() {
			worst.from, worst.to = from, to
		}
	}
}

// drawTimelines shows the trial with the longest gap of all, and at the same load the one whose
// longest gap is shortest, where the engine's steps were kept.
func (a *analysis) drawTimelines() {
	slices.SortStableFunc(a.gaps, func(x, y gap) int { return cmp.Compare(y.length(), x.length()) })
	for i, g := range a.gaps {
		t, ok := a.timeline(g)
		if !ok {
			continue
		}
		a.study.Timelines = append(a.study.Timelines, t)
		for _, other := range slices.Backward(a.gaps[i+1:]) {
			if other.trial.Load != g.trial.Load || other.trial.Arm == g.trial.Arm {
				continue
			}
			if t, ok := a.timeline(other); ok {
				a.study.Timelines = append(a.study.Timelines, t)
				break
			}
		}
		return
	}
}

// steps reads a trial's step trace, nil where there is none. One that cannot be read is warned of, once.
func (a *analysis) steps(trial string) *record.Steps {
	all, err := a.set.Steps(trial)
	if err != nil {
		if w := fmt.Sprintf("A step trace cannot be read: %v.", err); !slices.Contains(a.study.Warnings, w) {
			a.study.Warnings = append(a.study.Warnings, w)
		}
		return nil
	}
	return all
}

// timeline reads the steps around a gap; false where there are none.
func (a *analysis) timeline(g gap) (Timeline, bool) {
	all := a.steps(g.trial.ID)
	if all == nil {
		return Timeline{}, false
	}
	width := min(max(timelineGaps*g.length(), timelineLeast), timelineLongest)
	mid := g.from + g.length()/2
	t := Timeline{Trial: g.trial, From: mid - width/2, To: mid + width/2, GapFrom: g.from, GapTo: g.to, Lost: all.Lost}
	for _, s := range all.Steps {
		if s.Start+s.Duration < t.From || s.Start > t.To {
			continue
		}
		t.Steps = append(t.Steps, s)
		t.stall(&s)
	}
	return t, len(t.Steps) > 0
}

// stall counts a step's prompts where it lies in the gap.
func (t *Timeline) stall(s *record.Step) {
	within := min(s.Start+s.Duration, t.GapTo) - max(s.Start, t.GapFrom)
	rows := int64(0)
	for _, it := range s.Items {
		if it.Kind == record.Prefill {
			rows += int64(it.Rows)
		}
	}
	if within > 0 && rows > 0 {
		t.Prefill += within
		t.Prompts += rows
	}
}
