package profile

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	stats "github.com/assaylab/assay/analysis/stat"
)

// Change is the processor time of a stage or a function in two systems, in nanoseconds per generated token.
type Change struct {
	Name          string // of the stage or the function
	Stage         Stage
	First, Second float64
	Delta         float64        // Second - First
	Interval      stats.Interval // of Delta
	P             float64        // two-sided, of no change, corrected for the number of rows
	Within        bool           // the interval is of sampling alone: how much runs differ is not in it
}

// Decided says whether chance could not have made the change.
func (c Change) Decided() bool { return c.P <= 1-stats.Confidence }

// ByStage is the stages of two systems that differ, those that changed most first.
func ByStage(first, second []Run) []Change {
	return changes(first, second, func(s *Sample) (string, Stage) { return string(s.Stage), s.Stage })
}

// leastShare is the share of a system's time from which a function is a row of its own.
const leastShare = 0.01

// Others is the name of all functions that are no row of their own.
const Others = "all others"

// ByFunction is the functions of two systems that have a hundredth of the time of one, each without what it calls, those
// that changed most first; and Others, so that the rows add up.
func ByFunction(first, second []Run) []Change {
	own := map[string]bool{}
	for _, runs := range [][]Run{first, second} {
		ns, all := map[string]int64{}, int64(0)
		for _, r := range runs {
			for i := range r.Samples {
				s := &r.Samples[i]
				ns[s.leaf()] += s.NS
				all += s.NS
			}
		}
		for name, n := range ns {
			own[name] = own[name] || float64(n) >= leastShare*float64(all)
		}
	}
	return changes(first, second, func(s *Sample) (string, Stage) {
		if name := s.leaf(); own[name] {
			return name, s.Stage
		}
		return Others, Other
	})
}

// leaf is the function whose own time a sample is.
func (s *Sample) leaf() string {
	if len(s.Stack) == 0 {
		return Others
	}
	return s.Stack[len(s.Stack)-1]
}

// Total is the processor time of everything.
func Total(first, second []Run) Change {
	all := changes(first, second, func(*Sample) (string, Stage) { return "all", "" })
	if len(all) == 0 {
		return Change{Name: "all", P: 1}
	}
	return all[0]
}

// timeOf is one row's time in each run of one system, with the number of samples behind it.
type timeOf struct {
	ns    []float64 // by run
	total float64   // of all runs
	count int64
}

type row struct {
	stage map[Stage]int64 // samples, for the stage that most of them have
	sides [2]timeOf
}

// changes compares rows that by names. The estimate is the time of all runs over their tokens.
func changes(first, second []Run, by func(*Sample) (string, Stage)) []Change {
	rows := map[string]*row{}
	for side, runs := range [][]Run{first, second} {
		for k, r := range runs {
			for i := range r.Samples {
				name, stage := by(&r.Samples[i])
				x := rows[name]
				if x == nil {
					x = &row{map[Stage]int64{}, [2]timeOf{{ns: make([]float64, len(first))}, {ns: make([]float64, len(second))}}}
					rows[name] = x
				}
				x.take(side, k, &r.Samples[i], stage)
			}
		}
	}
	var all []Change
	for name, x := range rows {
		c := x.change(first, second)
		c.Name = name
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Delta), math.Abs(a.Delta)), cmp.Compare(a.Name, b.Name))
	})
	correct(all)
	return all
}

func (x *row) take(side, run int, s *Sample, stage Stage) {
	x.stage[stage] += s.Count
	t := &x.sides[side]
	t.ns[run] += float64(s.NS)
	t.total += float64(s.NS)
	t.count += s.Count
}

func (x *row) change(first, second []Run) Change {
	n1, n2 := tokens(first), tokens(second)
	c := Change{First: x.sides[0].total / n1, Second: x.sides[1].total / n2}
	for s, n := range x.stage {
		if best := x.stage[c.Stage]; n > best || n == best && s < c.Stage {
			c.Stage = s
		}
	}
	c.Delta = c.Second - c.First
	sampling := math.Hypot(x.sides[0].sampling()/n1, x.sides[1].sampling()/n2)
	if min(len(first), len(second)) < fewestRuns {
		c.Within = true
		c.judge(sampling, math.Inf(1))
		return c
	}
	c.welch(perToken(x.sides[0].ns, first), perToken(x.sides[1].ns, second), sampling)
	return c
}

// fewestRuns is the least number of runs whose spread is worth an interval.
const fewestRuns = 3

// sampling is the standard error of a time by the number of its samples, each of which comes or does not.
func (t *timeOf) sampling() float64 {
	if t.count == 0 {
		return 0
	}
	return t.total / math.Sqrt(float64(t.count))
}

func perToken(ns []float64, runs []Run) []float64 {
	out := make([]float64, len(ns))
	for i := range ns {
		out[i] = ns[i] / max(1, float64(runs[i].Tokens))
	}
	return out
}

// welch is the interval by how much runs differ (Biometrika 34, 1947), which a few runs may do too little by chance: no less
// than the number of samples allows. Runs of the same requests are not taken for pairs: it is not the requests that make
// processor time differ, and pairs have half the degrees of freedom.
func (c *Change) welch(a, b []float64, sampling float64) {
	v1, v2 := stat.Variance(a, nil)/float64(len(a)), stat.Variance(b, nil)/float64(len(b))
	freedom := float64(len(a) + len(b) - 2)
	if v1+v2 > 0 {
		freedom = (v1 + v2) * (v1 + v2) / (v1*v1/float64(len(a)-1) + v2*v2/float64(len(b)-1))
	}
	c.judge(max(sampling, math.Sqrt(v1+v2)), freedom)
}

// judge sets interval and probability from the standard error of Delta and its degrees of freedom.
func (c *Change) judge(se, freedom float64) {
	t, tail := 1.959964, distuv.UnitNormal.CDF
	if !math.IsInf(freedom, 1) {
		student := distuv.StudentsT{Sigma: 1, Nu: freedom}
		t, tail = student.Quantile((1+stats.Confidence)/2), student.CDF
	}
	c.Interval = stats.Interval{Low: c.Delta - t*se, High: c.Delta + t*se, Level: stats.Confidence}
	c.P = 1
	if c.Delta != 0 {
		c.P = 2 * tail(-math.Abs(c.Delta)/max(se, math.SmallestNonzeroFloat64))
	}
}

// correct adjusts the probabilities for their number (Holm).
func correct(all []Change) {
	ps := make([]float64, len(all))
	for i := range all {
		ps[i] = all[i].P
	}
	for i, p := range stats.Holm(ps) {
		all[i].P = p
	}
}
