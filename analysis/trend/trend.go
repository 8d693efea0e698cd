package trend

import (
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/baseline"
	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// History is what stored runs of one scenario, with the same files and on one machine, say.
type History struct {
	Run    record.Run // of the newest
	Runs   []Point    // the oldest first; their values are of no metric
	Series []Series
	Alpha  float64 // the probability of any change point in all series together, where there is none
}

// Series is a metric of one arm at one load.
type Series struct {
	Arm, Load string // names
	Metric    compare.Metric
	Points    []Point // of the runs that have it
	Changes   []Change
}

// Point is a run.
type Point struct {
	ID, Label, Created, Build string
	Value                     float64 // geometric mean over its repetitions
	Low, High                 float64 // 95 % interval over repetitions; equal to Value where they are fewer than three
	Repetitions               int
}

// Change is where a series changed.
type Change struct {
	Changepoint
	Before, After float64 // geometric means of the points from the change before to this one, and from here to the next
	Worse         bool
}

// Options of a trend.
type Options struct {
	Metrics []compare.Metric // nil for those that compare reports, but failures
	Alpha   float64          // 0 for compare.Alpha
	Seed    uint64           // of the permutations
}

// Of follows the stored runs, a history for each scenario and machine, the one with the newest run first.
func Of(all []baseline.Summary, o Options) []History {
	if o.Alpha == 0 {
		o.Alpha = compare.Alpha
	}
	if o.Metrics == nil {
		o.Metrics = slices.DeleteFunc(compare.Metrics(), func(m compare.Metric) bool { return m.Name == compare.Failures })
	}
	all = slices.Clone(all)
	baseline.ByAge(all)
	var histories []History
	for _, same := range grouped(all) {
		histories = append(histories, history(same, o))
	}
	slices.SortStableFunc(histories, func(a, b History) int { return strings.Compare(b.Run.Created, a.Run.Created) })
	return histories
}

// grouped keeps runs together that can be compared.
func grouped(all []baseline.Summary) [][]baseline.Summary {
	var groups [][]baseline.Summary
	for _, s := range all {
		r := s.Record()
		i := slices.IndexFunc(groups, func(g []baseline.Summary) bool { return len(g[0].Differences(&r)) == 0 })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], s)
	}
	return groups
}

func history(runs []baseline.Summary, o Options) History {
	h := History{Run: runs[len(runs)-1].Record(), Alpha: o.Alpha}
	for i := range runs {
		h.Runs = append(h.Runs, point(&runs[i]))
	}
	for _, c := range cells(runs) {
		for _, m := range o.Metrics {
			if s := (Series{Arm: c.arm, Load: c.load, Metric: m, Points: points(runs, c, m)}); len(s.Points) > 0 {
				h.Series = append(h.Series, s)
			}
		}
	}
	each := o.Alpha / float64(max(len(h.Series), 1)) // Bonferroni: of all series together
	for i := range h.Series {
		h.Series[i].detect(each, o.Seed)
	}
	return h
}

// cell names an arm at a load: names last where ids change with the settings that a build knows.
type cell struct{ arm, load string }

func cells(runs []baseline.Summary) (all []cell) {
	for i := range runs {
		for _, c := range runs[i].Cells {
			if k := named(&runs[i], c); !slices.Contains(all, k) {
				all = append(all, k)
			}
		}
	}
	return all
}

func named(s *baseline.Summary, c baseline.Cell) cell {
	k := cell{c.Arm, c.LoadName}
	for _, a := range s.Arms {
		if a.ID == c.Arm {
			k.arm = a.Name
		}
	}
	return k
}

// points are the runs that measured a cell validly.
func points(runs []baseline.Summary, k cell, m compare.Metric) (all []Point) {
	for i := range runs {
		for _, c := range runs[i].Cells {
			if named(&runs[i], c) != k || len(c.Invalid) > 0 {
				continue
			}
			p := point(&runs[i])
			if p.measure(c, m) {
				all = append(all, p)
			}
		}
	}
	return all
}

func point(s *baseline.Summary) Point {
	return Point{ID: s.ID, Label: s.Label(), Created: s.Created, Build: s.Build.Version}
}

func (p *Point) measure(c baseline.Cell, m compare.Metric) bool {
	var logs []float64
	for _, t := range c.Trials {
		if v := t.Values[m.String()]; v > 0 {
			logs = append(logs, math.Log(v))
		}
	}
	if len(logs) == 0 {
		return false
	}
	mean, interval, _ := stat.MeanOf(logs)
	p.Value, p.Repetitions = math.Exp(mean), len(logs)
	p.Low, p.High = p.Value, p.Value
	if len(logs) >= 3 {
		p.Low, p.High = math.Exp(interval.Low), math.Exp(interval.High)
	}
	return true
}

func (s *Series) detect(alpha float64, seed uint64) {
	values := make([]float64, len(s.Points))
	for i, p := range s.Points {
		values[i] = p.Value
	}
	found := Detect(values, alpha, stat.Source(seed, "trend", s.Arm, s.Load, s.Metric.String()))
	from := 0
	for i, c := range found {
		to := len(values)
		if i+1 < len(found) {
			to = found[i+1].At
		}
		change := Change{Changepoint: c, Before: Mean(values[from:c.At]), After: Mean(values[c.At:to])}
		change.Worse = (change.After > change.Before) != s.Metric.HigherBetter
		s.Changes = append(s.Changes, change)
		from = c.At
	}
}

// Mean is the geometric mean.
func Mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(values)))
}
