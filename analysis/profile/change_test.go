package profile_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/analysis/profile"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

func run(t testing.TB, repetition int, tokens int64, stacks ...recordtest.Stack) profile.Run {
	t.Helper()
	p, err := profile.Parse(encoded(t, stacks...))
	if err != nil {
		t.Fatal(err)
	}
	return profile.Run{Profile: p, Repetition: repetition, Tokens: tokens}
}

func product(n int64) recordtest.Stack {
	return recordtest.Stack{Functions: []string{model + "(*State).multiply", kernel + "lineQ4_0AVX2"}, Samples: n}
}

func attend(n int64) recordtest.Stack {
	return recordtest.Stack{Functions: []string{model + "(*State).attend", kernel + "pairsx2AVX512"}, Samples: n}
}

// Rows are of time per token, whatever the lengths of the runs: here matrices take half a sample of 10 ms a token before and
// a whole one after.
func TestChanges(t *testing.T) {
	first := []profile.Run{run(t, 0, 100, product(50), attend(20))}
	second := []profile.Run{run(t, 0, 200, product(200), attend(40))}
	rows := profile.ByStage(first, second)
	if len(rows) != 2 || rows[0].Stage != profile.Matrix || rows[0].First != 5e6 || rows[0].Second != 10e6 || rows[0].Delta != 5e6 || !rows[0].Decided() || !rows[0].Within {
		t.Fatalf("%+v", rows)
	}
	if r := rows[1]; r.Stage != profile.Attention || r.Delta != 0 || r.Decided() {
		t.Errorf("%+v", r)
	}
	// 50 samples have a standard error of 7.07, 200 one of 14.1: the error of the difference is that of 0.0707 and 0.0707 samples a token.
	if half := (rows[0].Interval.High - rows[0].Interval.Low) / 2; math.Abs(half-1.96e6) > 1e3 {
		t.Errorf("half the interval is %v ns", half)
	}
	rare := recordtest.Stack{Functions: []string{"a.rare"}, Samples: 1}
	rest := profile.ByFunction([]profile.Run{run(t, 0, 100, product(150), rare)}, []profile.Run{run(t, 0, 100, product(150), rare)})
	if len(rest) != 2 || rest[0].Name != profile.Others || rest[0].First != 1e5 {
		t.Errorf("%+v", rest)
	}
	functions := profile.ByFunction(first, second)
	if len(functions) != 2 || functions[0].Name != kernel+"lineQ4_0AVX2" || functions[0].Stage != profile.Matrix {
		t.Errorf("%+v", functions)
	}
	if all := profile.Total(first, second); all.First != 7e6 || all.Second != 12e6 {
		t.Errorf("%+v", all)
	}
}

// The parts of a change add up to the whole, in tables and in the tree.
func TestPartsAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	side := func() (runs []profile.Run) {
		for k := range 1 + r.IntN(4) {
			runs = append(runs, run(t, k, 1+r.Int64N(500), product(1+r.Int64N(300)), attend(r.Int64N(300)), recordtest.Stack{Functions: []string{"runtime.mallocgc"}, Samples: 1 + r.Int64N(9)}))
		}
		return runs
	}
	for range 50 {
		a, b := side(), side()
		all, tree := profile.Total(a, b), profile.Tree(a, b)
		near := func(what string, got, want float64) {
			t.Helper()
			if math.Abs(got-want) > 1e-6*math.Abs(want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		near("root, first", tree.First, all.First)
		near("root, second", tree.Second, all.Second)
		for _, rows := range [][]profile.Change{profile.ByStage(a, b), profile.ByFunction(a, b)} {
			first, second := 0.0, 0.0
			for _, c := range rows {
				first, second = first+c.First, second+c.Second
				if c.Interval.Low > c.Delta || c.Interval.High < c.Delta || !(c.P >= 0 && c.P <= 1) {
					t.Errorf("%+v", c)
				}
			}
			near("rows, first", first, all.First)
			near("rows, second", second, all.Second)
		}
		var check func(n *profile.Node)
		check = func(n *profile.Node) {
			sum := 0.0
			for _, c := range n.Children {
				sum += c.First + c.Second
				check(c)
			}
			if sum > (n.First+n.Second)*(1+1e-9) {
				t.Errorf("%s has %v, and what it calls %v", n.Function, n.First+n.Second, sum)
			}
		}
		check(tree)
	}
}

// With three repetitions their spread counts: the same change is sure where runs agree, and not where they differ.
func TestSpreadOfRuns(t *testing.T) {
	side := func(of ...int64) (runs []profile.Run) {
		for k, n := range of {
			runs = append(runs, run(t, k, 100, product(n)))
		}
		return runs
	}
	agree := profile.ByStage(side(1000, 1010, 990), side(1200, 1215, 1185))[0]
	differ := profile.ByStage(side(1000, 600, 1400), side(1200, 1500, 900))[0]
	if !agree.Decided() || agree.Within || differ.Decided() || agree.Delta != differ.Delta {
		t.Errorf("%+v\n%+v", agree, differ)
	}
	// Runs that agree by chance are no surer than their samples: 30 and 36 of them in all.
	lucky := profile.ByStage(side(10, 10, 10), side(12, 12, 12))[0]
	if half := (lucky.Interval.High - lucky.Interval.Low) / 2; lucky.Decided() || half < 1.96*math.Sqrt(66)/300*1e7 {
		t.Errorf("%+v", lucky)
	}
}

// Without a difference, rows are found to differ in no more comparisons than they may: here of three repetitions each, whose
// counts are Poisson's around a mean that differs from run to run.
func TestFalseAlarms(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	count := func(mean float64) int64 { return int64(max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64()))) }
	side := func() (runs []profile.Run) {
		for k := range 3 {
			pace := math.Exp(0.1 * r.NormFloat64())
			runs = append(runs, run(t, k, 1000, product(count(60*pace)), attend(count(20*pace)), recordtest.Stack{Functions: []string{"runtime.mallocgc"}, Samples: count(5 * pace)}))
		}
		return runs
	}
	const comparisons = 300
	alarms := 0
	for range comparisons {
		a, b := side(), side()
		for _, c := range profile.ByStage(a, b) {
			if c.Decided() {
				alarms++
				break
			}
		}
	}
	if alarms > comparisons*8/100 { // 5 % are allowed; of so many comparisons 8 % or more come once in a hundred times
		t.Errorf("%d alarms in %d comparisons", alarms, comparisons)
	}
}

// Of nothing no change is known, and nothing is invented.
func TestNoSamples(t *testing.T) {
	if rows := profile.ByStage(nil, nil); len(rows) != 0 {
		t.Errorf("%+v", rows)
	}
	if all := profile.Total(nil, []profile.Run{run(t, 0, 10)}); all.Decided() || all.Delta != 0 {
		t.Errorf("%+v", all)
	}
}
