package boundary

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/stat"
)

// End says why a search is over.
type End string

// The ends of a search. Going is none.
const (
	Going    End = ""
	Found    End = "found"     // the interval is as narrow as was asked for
	Above    End = "above max" // Max is held
	Below    End = "below min" // Min is not
	Probes   End = "max probes"
	Time     End = "max time"
	Unusable End = "unusable" // a rate cannot be measured validly
)

// Step is what a search does next.
type Step struct {
	End        End
	Why        string // in words
	Level      int    // to be probed, while Going
	Repetition int    // of that level, from 0
	Estimate   *Estimate
}

// Bounds of a search that are not up to the plan.
const (
	fewest       = 6 // probes near the boundary behind an interval that ends a search
	leastFreedom = 4 // of the noise behind it
	attempts     = 3 // at a level, of which none can be used
	settling     = 5 // probes of Min or Max, after which their mean decides
	slender      = 4 // levels: a bracket this narrow is not halved any more
)

// Next decides from the finished trials alone, in whatever order they come, so that a run that is resumed goes on exactly.
func (p Plan) Next(probes []Probe) Step {
	s := Step{Estimate: p.Fit(probes)}
	if s.Estimate == nil {
		s.Level = 0
	} else if s.End, s.Level = p.decide(s.Estimate); s.End == Found {
		s.Why = fmt.Sprintf("the interval is within %.3g %% to either side", 100*p.Precision)
	}
	if s.End == Going {
		s.Repetition = attemptsAt(probes, s.Level)
		s.limit(p, probes)
	}
	return s
}

// limit ends a search that may not go on.
func (s *Step) limit(p Plan, probes []Probe) {
	var spent time.Duration
	bad, why := 0, ""
	for _, q := range probes {
		spent += q.Time
		if q.Level == s.Level && q.Unusable != "" {
			bad, why = bad+1, q.Unusable
		}
	}
	switch {
	case bad >= attempts && bad == s.Repetition:
		s.End, s.Why = Unusable, fmt.Sprintf("%.4g requests/s cannot be measured: %s", p.Rate(s.Level), why)
	case len(probes) >= p.MaxProbes:
		s.End, s.Why = Probes, fmt.Sprintf("%d trials were made, the most that were allowed", len(probes))
	case p.MaxTime > 0 && spent >= p.MaxTime:
		s.End, s.Why = Time, fmt.Sprintf("the trials took %v, and %v were allowed", spent.Round(time.Second), p.MaxTime)
	}
}

func attemptsAt(probes []Probe, level int) (n int) {
	for _, q := range probes {
		if q.Level == level {
			n++
		}
	}
	return n
}

// decide is the level to probe, or the end.
func (p Plan) decide(e *Estimate) (End, int) {
	low, high := e.bracket()
	switch {
	case high < 0:
		return p.rise(e, low)
	case low < 0:
		if e.settled(high) {
			return Below, 0
		}
		return Going, high
	case p.narrow(e):
		return Found, 0
	}
	if gap := high - low; gap > slender {
		return Going, p.inside(e, low, high)
	}
	return Going, p.repeat(e)
}

// rise doubles the rate while every limit is held.
func (p Plan) rise(e *Estimate, held int) (End, int) {
	if held < p.Top() {
		return Going, min(held+p.octave(), p.Top())
	}
	if e.settled(held) {
		return Above, 0
	}
	return Going, held
}

// bracket is the highest level with every fitted margin at or above 0, and the next one; -1 where there is none.
func (e *Estimate) bracket() (low, high int) {
	low, high = -1, -1
	for _, a := range e.Limits[0].points {
		if slices.ContainsFunc(e.Limits, func(f Fit) bool { return f.Knots[f.block(a)].Margin < 0 }) {
			return low, a.level
		}
		low = a.level
	}
	return low, high
}

// settled says whether the mean margin at the end of the range has a sign beyond chance, or was probed often enough to be taken as it is.
func (e *Estimate) settled(level int) bool {
	for _, f := range e.Limits {
		for _, a := range f.points {
			if a.level != level || len(a.values) >= settling {
				continue
			}
			if math.Abs(a.mean) < stat.StudentQuantile(f.Freedom)*f.error(a) {
				return false
			}
		}
	}
	return true
}

// narrow says whether the interval is as narrow as was asked for, on enough probes around it.
func (p Plan) narrow(e *Estimate) bool {
	if e.Low == 0 || math.IsInf(e.High, 1) || math.Log(e.High/e.Low)/2 > math.Log1p(p.Precision) {
		return false
	}
	n, below, above := 0, 0, 0
	for _, a := range e.Limits[0].points {
		if math.Abs(a.log-math.Log(e.Rate)) > nearby {
			continue
		}
		n += len(a.values)
		if a.log <= math.Log(e.Rate) {
			below++
		} else {
			above++
		}
	}
	return n >= fewest && below > 0 && above > 0 && e.Limits[e.Binding].Freedom >= leastFreedom
}

// inside is the level nearest to where the curve crosses, but in the middle half of the bracket, so that it shrinks.
func (p Plan) inside(e *Estimate, low, high int) int {
	at := int(math.Round(p.level(e.Rate)))
	quarter := max((high-low)/4, 1)
	return min(max(at, low+quarter), high-quarter)
}

// repeat is the least probed of five levels around the candidate, the closest of those.
func (p Plan) repeat(e *Estimate) int {
	center := int(math.Round(p.level(e.Rate)))
	best, fewest := -1, math.MaxInt
	for _, offset := range []int{0, -1, 1, -2, 2} {
		level := min(max(center+offset, 0), p.Top())
		if n := e.probed(level); n < fewest {
			best, fewest = level, n
		}
	}
	return best
}

func (e *Estimate) probed(level int) int {
	for _, a := range e.Limits[0].points {
		if a.level == level {
			return len(a.values)
		}
	}
	return 0
}
