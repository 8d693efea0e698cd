package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/boundary"
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/record"
)

// Boundary is what a search found of an arm: the highest rate at which every limit is held.
type Boundary struct {
	Search    record.Search
	Rate      float64 // requests per second; 0 where MinRate is not held, +Inf where MaxRate is
	Low, High float64 // 95 % interval, likewise
	Binding   record.SLO
	Share     float64 // of the draws behind the interval in which Binding is the limit that breaks first
	End       boundary.End
	Why       string        // it ended, in words; "" while it goes on, and where End says all
	Spent     time.Duration // by its trials
	Limits    []BoundaryLimit
	Probes    []BoundaryProbe // in the order of the run
}

// BoundaryLimit is one limit's part in it.
type BoundaryLimit struct {
	SLO       record.SLO
	Rate      float64 // at which it breaks, as Boundary.Rate
	Low, High float64
	Noise     float64 // standard deviation of a trial's margin near there
	Edge      boundary.Edge
	Rising    []boundary.Rise
	Curve     []CurvePoint // fitted
}

// CurvePoint is a margin at a rate: the logarithm of the limit over the percentile that it bounds.
type CurvePoint struct{ Rate, Margin float64 }

// BoundaryProbe is one trial of a search.
type BoundaryProbe struct {
	Trial    record.TrialKey
	Rate     float64
	Margins  []float64 // of Limits, in their order
	Unusable string    // why it says nothing; "" where it does
}

// searched finds the boundaries of every arm, in the order of the run's searches.
func (a *analysis) searched(arm string) ([]Boundary, error) {
	var all []Boundary
	for _, s := range a.run.Searches {
		b, err := a.boundary(s, arm)
		if err != nil {
			return nil, err
		}
		if len(b.Probes) > 0 {
			all = append(all, b)
		}
	}
	return all, nil
}

func (a *analysis) boundary(s record.Search, arm string) (Boundary, error) {
	b := Boundary{Search: s}
	r, err := boundary.Read(a.set, s, arm)
	if err != nil {
		return b, err
	}
	for i, p := range r.Probes {
		b.Spent += p.Time
		q := BoundaryProbe{Trial: r.Trials[i].Key, Rate: r.Plan.Rate(p.Level), Unusable: p.Unusable}
		for _, m := range p.Margins {
			q.Margins = append(q.Margins, m.Value)
		}
		b.Probes = append(b.Probes, q)
	}
	step := r.Step
	b.End, b.Why = step.End, step.Why
	if step.Estimate != nil {
		b.estimate(step.Estimate, a.run.SLOs)
	}
	return b, nil
}

func (b *Boundary) estimate(e *boundary.Estimate, slos []record.SLO) {
	b.Rate, b.Low, b.High, b.Binding, b.Share = e.Rate, e.Low, e.High, slos[e.Binding], e.Share
	for i := range e.Limits {
		f := &e.Limits[i]
		b.Limits = append(b.Limits, BoundaryLimit{SLO: slos[i], Rate: f.Rate, Low: f.Low, High: f.High, Noise: f.Noise, Edge: f.Edge, Rising: f.Rising, Curve: curve(f)})
	}
}

// curvePoints are as many as a figure can tell apart.
const curvePoints = 120

func curve(f *boundary.Fit) []CurvePoint {
	first, last := f.Range()
	if first == last {
		return nil
	}
	var points []CurvePoint
	for i := range curvePoints {
		rate := first * math.Pow(last/first, float64(i)/(curvePoints-1))
		points = append(points, CurvePoint{rate, f.At(rate)})
	}
	return points
}

// takeBoundary makes the lowest of an arm's boundaries its capacity, in place of the bracket of tested rates. What is priced is the
// highest rate below the interval that was tested validly, its figures scaled to the boundary.
func (j *judged) takeBoundary() {
	if len(j.Boundaries) == 0 {
		return
	}
	b := &j.Boundaries[0]
	for i := range j.Boundaries {
		if j.Boundaries[i].Rate < b.Rate {
			b = &j.Boundaries[i]
		}
	}
	j.Capacity, j.at, j.proven = Capacity{Verdict: Undecided, Search: b.Search.Name}, nil, false
	if b.Rate == 0 {
		if j.Capacity.Verdict = Undecided; b.End == boundary.Below {
			j.Capacity.Verdict = Missed
		}
		return
	}
	rate := min(b.Rate, b.Search.MaxRate)
	below := j.below(min(b.Low, rate))
	if below == nil {
		j.at = j.below(rate)
		return
	}
	j.Capacity = Capacity{Rate: rate, Low: b.Low, High: b.High, Load: below.Load, Verdict: Met, Search: b.Search.Name}
	at := *below
	at.rates = scaled(at.rates, rate/at.level, b.Low/at.level, min(b.High, rate)/at.level)
	j.at, j.proven = &at, true
}

// below is the cell of the highest rate, at most the given one, that was measured validly.
func (j *judged) below(rate float64) *measured {
	for _, r := range slices.Backward(j.rungs) {
		for _, m := range r.cells {
			if m.Valid && m.level <= rate*(1+1e-9) && m.level > 0 {
				return m
			}
		}
	}
	return nil
}

// scaled are rates at another load: by the estimate, and by the ends of its interval.
func scaled(r cost.Rates, by, low, high float64) cost.Rates {
	of := func(e cost.Estimate) cost.Estimate {
		return cost.Estimate{Value: e.Value * by, Low: e.Low * min(low, by), High: e.High * max(high, by)}
	}
	return cost.Rates{Issued: of(r.Issued), Requests: of(r.Requests), Tokens: of(r.Tokens), Input: of(r.Input), Output: of(r.Output), Cached: r.Cached * by}
}

// found says in words, behind a rate, how far it is known.
func (a *analysis) found(w *judged) string {
	c := w.Capacity
	if math.IsInf(c.High, 1) {
		return fmt.Sprintf(", the highest rate that the search was allowed, and at %s", perSecond(w.at.level))
	}
	s := fmt.Sprintf(" (95 %% interval %s to %s", words.Number(c.Low), words.Number(c.High))
	for _, b := range w.Boundaries {
		if b.Search.Name == c.Search {
			s += fmt.Sprintf("; beyond it %s breaks first", sloName(b.Binding))
		}
	}
	return s + fmt.Sprintf("), and at %s, below that interval", perSecond(w.at.level))
}

// commonLoad is the highest load that was measured validly of the most arms: searches probe other rates for each.
func (a *analysis) commonLoad() string {
	arms, level := map[string]int{}, map[string]float64{}
	for _, m := range a.cells {
		if m.Valid {
			arms[m.Load], level[m.Load] = arms[m.Load]+1, m.level
		}
	}
	best := ""
	for _, m := range a.cells { // not the map, whose order is chance
		if l := m.Load; arms[l] > 0 && (best == "" || cmp.Or(cmp.Compare(arms[l], arms[best]), cmp.Compare(level[l], level[best])) > 0) {
			best = l
		}
	}
	return best
}

// warnSearches says what weakens a boundary.
func (a *analysis) warnSearches() {
	for i := range a.arms {
		j := &a.arms[i]
		for _, b := range j.Boundaries {
			switch b.End {
			case boundary.Probes, boundary.Time, boundary.Unusable:
				a.say("The search of %s ended before its interval was as narrow as asked for: %s.", j.Arm.Arm.Name, b.Why)
			case boundary.Going:
				a.say("The search of %s is not finished: its interval will get narrower.", j.Arm.Arm.Name)
			}
			for _, l := range b.Limits {
				for _, r := range l.Rising {
					a.say("%s holds the limit on %s better at %s than at %s, beyond chance: the boundary is not a clean edge there.",
						j.Arm.Arm.Name, sloName(l.SLO), perSecond(r.To), perSecond(r.From))
				}
			}
		}
	}
}

// Tested is the highest rate that was probed.
func (b *Boundary) Tested() (rate float64) {
	for _, p := range b.Probes {
		rate = max(rate, p.Rate)
	}
	return rate
}

// holds names what an arm holds: the load of its bracket, or the rate that a search found.
func (a *analysis) holds(j *judged) string {
	if j.Capacity.Search != "" {
		return perSecond(j.Capacity.Rate)
	}
	return loadName(a.run, j.at.Load)
}
