package compare

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/stat"
)

// sides are the trials of a cell in both runs, in pairs where they had the same requests.
type sides struct {
	first, second *side
	paired        bool
}

// newSides reads both sides, and pairs repetitions of the same number where the draws were the same.
func newSides(a, b *group.Cell, metrics []Metric, sameDraws bool) (sides, error) {
	first, second, paired := pairTrials(a, b, sameDraws)
	s := sides{first: newSide(first, metrics), second: newSide(second, metrics), paired: paired}
	return s, errors.Join(a.Err(), b.Err())
}

func pairTrials(a, b *group.Cell, sameDraws bool) (first, second []group.Trial, paired bool) {
	if !sameDraws {
		return a.Trials, b.Trials, false
	}
	for _, t := range a.Trials {
		for _, u := range b.Trials {
			if t.Key.Repetition == u.Key.Repetition && t.Requests.Len() == u.Requests.Len() {
				first, second = append(first, t), append(second, u)
			}
		}
	}
	if len(first) < min(len(a.Trials), len(b.Trials)) {
		return a.Trials, b.Trials, false
	}
	return first, second, true
}

// Pairs compares one metric of trials that had the same requests, in pairs. Arm, load and outcome of the row are left open.
func Pairs(first, second []group.Trial, m Metric, draws int, rng *rand.Rand) (Row, error) {
	s := sides{newSide(first, []Metric{m}), newSide(second, []Metric{m}), true}
	return s.row(m, draws, rng), errors.Join(s.first.err(), s.second.err())
}

// row compares one metric.
func (s sides) row(m Metric, draws int, rng *rand.Rand) Row {
	switch m.Name {
	case Failures:
		return s.failures()
	case Throughput:
		return s.overRuns((*side).throughput, nil)
	}
	return s.overRuns(func(s *side, i int) float64 { return s.quantile(m, i) }, func() stat.Change {
		a, b := s.first.values[m.Name], s.second.values[m.Name]
		return stat.QuantileChanges(a.Requests(), b.Requests(), []float64{m.Percentile}, s.paired, draws, rng)[0]
	})
}

// overRuns compares a statistic over runs where there are enough of them, and otherwise by what differs inside
// them, if within can tell.
func (s sides) overRuns(of func(s *side, trial int) float64, within func() stat.Change) Row {
	r := Row{First: of(s.first, all), Second: of(s.second, all)}
	a, b := s.first.each(of), s.second.each(of)
	r.Change.Ratio = r.Second / r.First
	r.Change.Runs, r.Change.P = min(len(a), len(b)), 1
	if math.IsNaN(r.Change.Ratio) {
		r.Outcome, r.Note = NotKnown, "too few requests, or too many failures, for a number"
		return r
	}
	change, ok := s.change(a, b)
	switch {
	case ok:
		if r.Change = change; change.Adjusted {
			r.Note = fmt.Sprintf("at equal steal; as measured the repetitions changed by %+.1f %%", 100*(rawChange(a, b)-1))
		}
	case within != nil:
		r.Change = within()
		if math.IsInf(math.Log(r.Change.Ratio), 0) {
			r.Change.P, r.Note = s.failures().Change.P, "failures reach it in one of the runs: p is that of their shares"
		}
	default:
		r.Outcome, r.Note = NotKnown, fmt.Sprintf("no interval: it takes %d repetitions, none of them 0", stat.FewestRuns)
		r.Change.Interval = stat.Interval{Low: 0, High: math.Inf(1), Level: stat.Confidence}
	}
	return r
}

// change is that of a statistic over runs: in pairs at equal steal, if that is known and explains anything, else in pairs, else not.
func (s sides) change(a, b []float64) (stat.Change, bool) {
	if !s.paired {
		return stat.SeparateRuns(a, b)
	}
	if first, second, ok := s.steals(); ok {
		if c, ok := stat.AdjustedPairs(a, b, first, second); ok {
			return c, true
		}
	}
	return stat.PairedRuns(a, b)
}

// rawChange is the change with nothing taken out.
func rawChange(a, b []float64) float64 {
	c, _ := stat.PairedRuns(a, b)
	return c.Ratio
}

// steals are the shares that a hypervisor took of the processor time which engine and lab asked for, in each run. No build can change
// them: one that computes longer asks for more, and more is taken of it. False is returned where an engine did not tell how
// long it computed, as one on another machine does not.
func (s sides) steals() (first, second []float64, ok bool) {
	of := func(trials []group.Trial) (out []float64) {
		for _, t := range trials {
			if t.Engine.BusyNS <= 0 {
				return nil
			}
			out = append(out, float64(t.Lab.StealNS)/float64(t.Engine.BusyNS+t.Lab.CPUNS))
		}
		return out
	}
	first, second = of(s.first.trials), of(s.second.trials)
	return first, second, first != nil && second != nil
}

// failures compares the shares of failed requests, in pairs by McNemar's test, otherwise by Fisher's.
func (s sides) failures() Row {
	a, b := s.first.failed, s.second.failed
	r := Row{First: share(a), Second: share(b)}
	r.Change = stat.Change{Ratio: r.Second / r.First, P: 1, Runs: min(len(s.first.trials), len(s.second.trials)), Interval: stat.Interval{Low: 0, High: math.Inf(1), Level: stat.Confidence}}
	switch {
	case len(a) == 0 || len(b) == 0:
		r.Outcome, r.Note = NotKnown, "no requests"
	case r.First == r.Second:
		r.Change.Ratio = 1
	case s.paired:
		r.Change.P = stat.ComparePaired(b, a).P
	default:
		r.Change.P = stat.Fisher(count(a), len(a), count(b), len(b))
	}
	return r
}

func count(hits []bool) (n int) {
	for _, h := range hits {
		if h {
			n++
		}
	}
	return n
}

func share(hits []bool) float64 {
	if len(hits) == 0 {
		return math.NaN()
	}
	return float64(count(hits)) / float64(len(hits))
}
