package stat

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// known is testdata/known.json, which make.py beside it wrote with numpy and scipy.
type known struct {
	Quantile []struct {
		Values              []float64
		P, Value, Low, High float64
	}
	Share []struct {
		M, N          int
		Exact, Wilson [2]float64
	}
	Paired, Welch, Adjusted []struct {
		First, Second, X, Y []float64
		Ratio, Low, High, P float64
	}
	McNemar []struct {
		Gained, Lost int
		P            float64
	}
	Fisher []struct {
		H1, N1, H2, N2 int
		P              float64
	}
	Mean []struct {
		Values          []float64
		Mean, Low, High float64
	}
	Ratio []struct {
		Num, Den         [][]float64
		Value, Low, High float64
	}
	Early []struct {
		P                float64
		N, Discard, More int
	}
	Indicator []struct{ P, R, Correlation float64 }
	Holm      []struct{ P, Adjusted []float64 }
}

func readKnown(t *testing.T) (k known) {
	t.Helper()
	text, err := os.ReadFile("testdata/known.json")
	if err == nil {
		err = json.Unmarshal(text, &k)
	}
	if err != nil {
		t.Fatal(err)
	}
	if min(len(k.Quantile), len(k.Share), len(k.Paired), len(k.Welch), len(k.Adjusted), len(k.McNemar), len(k.Fisher), len(k.Mean), len(k.Ratio), len(k.Early), len(k.Indicator)) < 12 || len(k.Holm) < 3 {
		t.Fatal("testdata/known.json lacks answers: write it with make.py")
	}
	return k
}

// Each statistic is what numpy and scipy say.
func TestKnownAnswers(t *testing.T) {
	k := readKnown(t)
	for _, c := range k.Quantile {
		q := NewQuantile(Sorted(c.Values), c.P, len(c.Values))
		near(t, "quantile", q.Value, c.Value)
		near(t, "quantile low", q.Conservative.Low, c.Low)
		near(t, "quantile high", q.Conservative.High, c.High)
	}
	for _, c := range k.Share {
		e, w := ShareInterval(c.M, c.N, Confidence), Wilson(c.M, c.N)
		near(t, "exact low", e.Low, c.Exact[0])
		near(t, "exact high", e.High, c.Exact[1])
		near(t, "wilson low", w.Low, c.Wilson[0])
		near(t, "wilson high", w.High, c.Wilson[1])
	}
	for _, c := range k.McNemar {
		near(t, "mcnemar", McNemar(c.Gained, c.Lost), c.P)
	}
	for _, c := range k.Fisher {
		near(t, "fisher", Fisher(c.H1, c.N1, c.H2, c.N2), c.P)
	}
	for _, c := range k.Mean {
		mean, i, _ := MeanOf(c.Values)
		near(t, "mean", mean, c.Mean)
		near(t, "mean low", i.Low, c.Low)
		near(t, "mean high", i.High, c.High)
	}
	for _, c := range k.Holm {
		for i, p := range Holm(c.P) {
			near(t, "holm", p, c.Adjusted[i])
		}
	}
}

func TestKnownChanges(t *testing.T) {
	k := readKnown(t)
	check := func(name string, c Change, ok bool, ratio, low, high, p float64) {
		t.Helper()
		if !ok {
			t.Errorf("%s: no answer", name)
		}
		near(t, name, c.Ratio, ratio)
		near(t, name+" low", c.Interval.Low, low)
		near(t, name+" high", c.Interval.High, high)
		near(t, name+" p", c.P, p)
	}
	for _, r := range k.Paired {
		c, ok := PairedRuns(r.First, r.Second)
		check("paired", c, ok, r.Ratio, r.Low, r.High, r.P)
	}
	for _, r := range k.Welch {
		c, ok := SeparateRuns(r.First, r.Second)
		check("welch", c, ok, r.Ratio, r.Low, r.High, r.P)
	}
	for _, r := range k.Adjusted {
		c, ok := AdjustedPairs(r.First, r.Second, r.X, r.Y)
		check("adjusted", c, ok, r.Ratio, r.Low, r.High, r.P)
	}
}

func TestKnownRatiosAndBounds(t *testing.T) {
	k := readKnown(t)
	for _, c := range k.Ratio {
		var runs []Series
		for i := range c.Num {
			runs = append(runs, Series{Num: c.Num[i], Den: c.Den[i]})
		}
		e := Ratio(runs)
		near(t, "ratio", e.Value, c.Value)
		near(t, "ratio low", e.Interval.Low, c.Low)
		near(t, "ratio high", e.Interval.High, c.High)
	}
	for _, c := range k.Early {
		e := NewEarlyStop(Ascending(ranks(c.N)), c.P)
		if e.NeedMore != c.More || c.More == 0 && e.Discard != c.Discard {
			t.Errorf("p%g of %d: %+v, want %d left out, %d more", 100*c.P, c.N, e, c.Discard, c.More)
		}
	}
	for _, c := range k.Indicator {
		if got := indicatorCorrelation(c.R, c.P); math.Abs(got-c.Correlation) > 1e-5 { // scipy integrates numerically
			t.Errorf("exceedances of p%g at correlation %g: %.6f, want %.6f", 100*c.P, c.R, got, c.Correlation)
		}
	}
}
