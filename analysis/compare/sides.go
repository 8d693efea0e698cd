package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// sides are the trials of a cell in both runs, in pairs where they had the same requests.
type sides struct {
	first, second []group.Trial
	paired        bool
}

// newSides pairs repetitions of the same number where the draws were the same.
func newSides(a, b *group.Cell, sameDraws bool) sides {
	s := sides{first: a.Trials, second: b.Trials}
	if !sameDraws {
		return s
	}
	var first, second []group.Trial
	for _, t := range a.Trials {
		for _, u := range b.Trials {
			if t.Key.Repetition == u.Key.Repetition && len(t.Requests) == len(u.Requests) {
				first, second = append(first, t), append(second, u)
			}
		}
	}
	if len(first) < min(len(a.Trials), len(b.Trials)) {
		return s
	}
	return sides{first, second, true}
}

// Pairs compares one metric of trials that had the same requests, in pairs. Arm, load and outcome of the row are left open.
func Pairs(first, second []group.Trial, m Metric, draws int, rng *rand.Rand) Row {
	return sides{first, second, true}.row(m, draws, rng)
}

// row compares one metric.
func (s sides) row(m Metric, draws int, rng *rand.Rand) Row {
	switch m.Name {
	case Failures:
		return s.failures()
	case Throughput:
		return s.overRuns(m, throughput, nil)
	}
	of := values(m.Name)
	return s.overRuns(m, func(trials ...group.Trial) float64 { return quantile(trials, of, m.Percentile) }, func() stat.Change {
		return stat.QuantileChanges(requests(s.first, of), requests(s.second, of), []float64{m.Percentile}, s.paired, draws, rng)[0]
	})
}

// overRuns compares a statistic over runs where there are enough of them, and otherwise by what differs inside
// them, if within can tell.
func (s sides) overRuns(m Metric, of func(...group.Trial) float64, within func() stat.Change) Row {
	r := Row{First: of(s.first...), Second: of(s.second...)}
	a, b := each(s.first, of), each(s.second, of)
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
	first, second = of(s.first), of(s.second)
	return first, second, first != nil && second != nil
}

func each(trials []group.Trial, of func(...group.Trial) float64) []float64 {
	out := make([]float64, len(trials))
	for i, t := range trials {
		out[i] = of(t)
	}
	return out
}

// quantile is the percentile over the merged requests of trials; NaN below the number that can say anything.
func quantile(trials []group.Trial, of func(*result.Request) []float64, p float64) float64 {
	var all []float64
	for _, t := range trials {
		for i := range t.Requests {
			all = append(all, of(&t.Requests[i])...)
		}
	}
	if len(all) < stat.Floor(p, stat.Confidence) {
		return math.NaN()
	}
	slices.Sort(all)
	return stat.NearestRank(all, p)
}

func requests(trials []group.Trial, of func(*result.Request) []float64) []stat.Requests {
	out := make([]stat.Requests, len(trials))
	for i, t := range trials {
		out[i] = make(stat.Requests, len(t.Requests))
		for j := range t.Requests {
			out[i][j] = of(&t.Requests[j])
		}
	}
	return out
}

// throughput is output tokens stamped in the windows, per second of them.
func throughput(trials ...group.Trial) float64 {
	tokens, window := 0, int64(0)
	for _, t := range trials {
		window += t.Measured()
		for i := range t.Requests {
			tokens += t.Tokens(&t.Requests[i])
		}
	}
	return float64(tokens) / (float64(window) / 1e9)
}

// failures compares the shares of failed requests, in pairs by McNemar's test, otherwise by Fisher's.
func (s sides) failures() Row {
	a, b := failed(s.first), failed(s.second)
	r := Row{First: share(a), Second: share(b)}
	r.Change = stat.Change{Ratio: r.Second / r.First, P: 1, Runs: min(len(s.first), len(s.second)), Interval: stat.Interval{Low: 0, High: math.Inf(1), Level: stat.Confidence}}
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

func failed(trials []group.Trial) (all []bool) {
	for _, t := range trials {
		for i := range t.Requests {
			all = append(all, metric.Failed(&t.Requests[i]))
		}
	}
	return all
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
