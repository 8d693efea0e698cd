package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

func means(values []float64) Series {
	s := Series{Num: values, Den: make([]float64, len(values))}
	for i := range s.Den {
		s.Den[i] = 1
	}
	return s
}

func TestRatioIsTheRatioOfSums(t *testing.T) {
	e := Ratio([]Series{{Num: []float64{1, 2, 3}, Den: []float64{1, 1, 2}}, {Num: []float64{4}, Den: []float64{4}}})
	if e.Value != 10.0/8 || e.N != 4 || !e.Within {
		t.Errorf("%+v, want 1.25 of 4", e)
	}
	if !(e.Interval.Low < e.Value && e.Value < e.Interval.High) {
		t.Errorf("interval %+v of %v", e.Interval, e.Value)
	}
}

func TestRatioDegenerate(t *testing.T) {
	if e := Ratio(nil); !math.IsNaN(e.Value) {
		t.Errorf("no runs: %+v", e)
	}
	if e := Ratio([]Series{means([]float64{5, 5, 5})}); e.Value != 5 || e.Interval.Low != 5 || e.Interval.High != 5 {
		t.Errorf("constant: %+v", e)
	}
	if e := Ratio([]Series{means([]float64{1, math.Inf(1)})}); !math.IsInf(e.Value, 1) || math.IsNaN(e.Interval.Low) {
		t.Errorf("infinite: %+v", e)
	}
	if e := Ratio([]Series{means([]float64{7})}); e.Value != 7 || e.Interval.Low != 7 {
		t.Errorf("one value: %+v", e)
	}
	if e := Ratio([]Series{means([]float64{-1, 1, -3, 2})}); !(e.Interval.Low < e.Value && e.Value < e.Interval.High) {
		t.Errorf("negative: %+v", e)
	}
}

// Three runs have the interval of three numbers.
func TestRatioTakesRunsAsUnits(t *testing.T) {
	e := Ratio([]Series{means([]float64{1, 3}), means([]float64{4, 2}), means([]float64{4, 4})})
	half := 4.302652729911275 * 1 / math.Sqrt(3) // qt(.975, 2) and the means 2, 3, 4
	if e.Within || math.Abs(e.Interval.Low-3*math.Exp(-half/3)) > 1e-9 || math.Abs(e.Interval.High-3*math.Exp(half/3)) > 1e-9 {
		t.Errorf("%+v", e)
	}
}

// autoregression returns n values of mean 10 with lag-1 correlation r.
func autoregression(rng *rand.Rand, n int, r float64) []float64 {
	xs := make([]float64, n)
	x := rng.NormFloat64()
	for i := range xs {
		xs[i] = 10 + x
		x = r*x + math.Sqrt(1-r*r)*rng.NormFloat64()
	}
	return xs
}
