package analysis

import (
	"cmp"
	"slices"

	"github.com/assaylab/assay/analysis/record"
)

// Occupancy is how full an engine's KV cache was over one trial, in blocks.
type Occupancy struct {
	Trial     record.TrialKey
	Why       []string // it is shown: "recommended arm", "most preemptions", "most evictions", "last load"
	Blocks    int      // of the whole cache
	Span      int64    // nanoseconds from the zero of the trial's schedule to the end of the last step
	Slices    []OccupancySlice
	Held      int   // most at once
	Preempted int64 // sequences put back, of the trial's counters
	Evicted   int64 // cached blocks given up for room, likewise
	Lost      int64 // steps that the trace lacks
}

// OccupancySlice is one of the equal parts of the span. Of the steps that overlap it, it has the one
// with the most held blocks, so that thinning loses no peak and the three always add up to all blocks.
// They are 0 where the engine made no step.
type OccupancySlice struct {
	Held, Cached, Free int
	Preempted          int // sequences put back by the steps that begin in it
}

// occupancySlices are as many as a figure can tell apart.
const occupancySlices = 240

// drawOccupancy shows the recommended arm, at the load of the front where it was traced there, and the
// trials with the most preemptions and the most evictions. Where none of these is there, any trial of
// the last load stands for the run.
func (a *analysis) drawOccupancy() {
	choice, front := a.study.Choice.Arm, a.study.Front.Load
	a.showOccupancy("recommended arm", func(t *record.Trial) int64 {
		switch {
		case t.Key.Arm != choice:
			return 0
		case t.Key.Load == front:
			return 2
		}
		return 1
	})
	a.showOccupancy("most preemptions", func(t *record.Trial) int64 { return t.Engine.Preemptions })
	a.showOccupancy("most evictions", func(t *record.Trial) int64 { return t.Engine.Evictions })
	if n := len(a.run.Loads); n > 0 && len(a.study.Occupancies) == 0 {
		a.showOccupancy("last load", func(t *record.Trial) int64 {
			if t.Key.Load == a.run.Loads[n-1].ID {
				return 1
			}
			return 0
		})
	}
}

// showOccupancy adds the traced trial with the highest rank above 0; the earliest of equal ones.
func (a *analysis) showOccupancy(why string, rank func(*record.Trial) int64) {
	var trials []*record.Trial
	for i := range a.set.Trials {
		t := &a.set.Trials[i]
		if t.Status == record.StatusOK && t.Key.Repetition < record.Confirmation && rank(t) > 0 {
			trials = append(trials, t)
		}
	}
	slices.SortStableFunc(trials, func(x, y *record.Trial) int { return cmp.Compare(rank(y), rank(x)) })
	for _, t := range trials {
		shown := slices.IndexFunc(a.study.Occupancies, func(o Occupancy) bool { return o.Trial.ID == t.Key.ID })
		if shown >= 0 {
			o := &a.study.Occupancies[shown]
			o.Why = append(o.Why, why)
			return
		}
		if steps := a.steps(t.Key.ID); steps != nil {
			if o := occupancy(steps, occupancySlices); o.Blocks > 0 {
				o.Trial, o.Why, o.Preempted, o.Evicted = t.Key, []string{why}, t.Engine.Preemptions, t.Engine.Evictions
				a.study.Occupancies = append(a.study.Occupancies, o)
				return
			}
		}
	}
}

// occupancy thins a trace to n slices. Steps of the warm-up, before the schedule's zero, are left out.
func occupancy(all *record.Steps, n int) Occupancy {
	o := Occupancy{Lost: all.Lost}
	for i := range all.Steps {
		o.Span = max(o.Span, all.Steps[i].Start+all.Steps[i].Duration)
	}
	if o.Span <= 0 {
		return Occupancy{}
	}
	o.Slices = make([]OccupancySlice, n)
	slice := func(at int64) int {
		return int(min(float64(max(at, 0))/float64(o.Span)*float64(n), float64(n-1)))
	}
	for i := range all.Steps {
		s := &all.Steps[i]
		if s.Start+s.Duration <= 0 {
			continue
		}
		o.Blocks, o.Held = max(o.Blocks, s.Held+s.Cached+s.Free), max(o.Held, s.Held)
		first := slice(s.Start)
		for k := first; k <= slice(s.Start+s.Duration-1); k++ {
			o.Slices[k].take(s)
		}
		o.Slices[first].Preempted += len(s.Preempted)
	}
	return o
}

// take keeps the fuller of two steps.
func (o *OccupancySlice) take(s *record.Step) {
	empty := *o == OccupancySlice{Preempted: o.Preempted}
	if empty || s.Held > o.Held || s.Held == o.Held && s.Cached > o.Cached {
		o.Held, o.Cached, o.Free = s.Held, s.Cached, s.Free
	}
}
