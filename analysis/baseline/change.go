package baseline

import (
	"fmt"
	"math"
	"strings"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// Change compares a metric of a cell with what was kept. An error is a metric that is not kept, or a baseline without the cell.
func (s *Summary) Change(run *record.Run, c *group.Cell, m compare.Metric) (compare.Row, error) {
	row := compare.Row{Arm: c.Arm.Name, Load: c.Load.Name, Metric: m, First: math.NaN(), Second: math.NaN(), Outcome: compare.NotKnown}
	if !kept(m) {
		return row, fmt.Errorf("the baseline %s has no %s: of runs that are kept there are %s", s.Label(), m, keptNames())
	}
	before, ok := s.cell(c.Arm, c.Load)
	if !ok {
		return row, fmt.Errorf("the baseline %s has no %s at %s", s.Label(), c.Arm.Name, c.Load.Name)
	}
	for _, r := range before.Invalid {
		row.Invalid = append(row.Invalid, "in the first run: "+r)
	}
	for _, r := range c.Invalid {
		row.Invalid = append(row.Invalid, "in the second run: "+r)
	}
	first, second, paired, err := series(before, c, m, before.Load == c.Load.ID && s.Seed == run.Seed)
	if err != nil {
		return row, err
	}
	row.First, row.Second = center(first), center(second)
	row.Change = stat.Change{Ratio: row.Second / row.First, P: 1, Runs: min(len(first), len(second)),
		Interval: stat.Interval{Low: 0, High: math.Inf(1), Level: stat.Confidence}}
	change, known := stat.SeparateRuns(first, second)
	if paired {
		change, known = stat.PairedRuns(first, second)
	}
	if !known {
		row.Note = "fewer than 3 repetitions with a number on a side: no interval"
		return row, nil
	}
	row.Change, row.Outcome = change, compare.Undecided
	return row, nil
}

// series are the values of repetitions that have one, in pairs where both runs drew the same requests.
func series(before Cell, c *group.Cell, m compare.Metric, sameDraws bool) (first, second []float64, paired bool, err error) {
	was := map[int]Trial{}
	for _, t := range before.Trials {
		was[t.Repetition] = t
		if v, ok := t.Values[m.String()]; ok {
			first = append(first, v)
		}
	}
	var pairs [2][]float64
	for _, t := range c.Trials {
		values, err := compare.Statistics([]compare.Metric{m}, t)
		if err != nil {
			return nil, nil, false, err
		}
		v := values[0]
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		second = append(second, v)
		old := was[t.Key.Repetition]
		if o, ok := old.Values[m.String()]; ok && old.Requests == t.Requests.Len() {
			pairs[0], pairs[1] = append(pairs[0], o), append(pairs[1], v)
		}
	}
	if sameDraws && len(pairs[0]) == min(len(first), len(second)) {
		return pairs[0], pairs[1], true, nil
	}
	return first, second, false, nil
}

// center is the geometric mean, NaN of nothing.
func center(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(values)))
}

func kept(m compare.Metric) bool {
	for _, k := range Metrics() {
		if k == m {
			return true
		}
	}
	return false
}

func keptNames() string {
	var names []string
	for _, m := range Metrics() {
		names = append(names, m.String())
	}
	return strings.Join(names, ", ")
}
