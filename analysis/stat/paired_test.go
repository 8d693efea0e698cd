package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

// By statsmodels 0.15: proportion_confint(m, n, method="wilson"). 81 of 263 is the
// example of Newcombe (Statistics in Medicine 17, 1998), who prints 0.2553 to 0.3662.
func TestWilsonKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		m, n      int
		low, high float64
	}{
		{0, 10, 0, 0.277532799863},
		{3, 60, 0.017149502164, 0.137005164763},
		{81, 263, 0.255288519878, 0.366209576983},
		{10, 10, 0.722467200137, 1},
		{1, 1, 0.206549314377, 1},
		{0, 0, 0, 1},
	} {
		i := Wilson(c.m, c.n)
		near(t, "low", i.Low, c.low)
		near(t, "high", i.High, c.high)
	}
}

// By statsmodels 0.15: mcnemar([[0, b], [c, 0]], exact=True).
func TestMcNemarKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		gained, lost int
		p            float64
	}{{1, 7, 0.0703125}, {7, 1, 0.0703125}, {5, 5, 1}, {0, 3, 0.25}, {12, 30, 0.007915897335}, {2, 0, 0.5}, {0, 0, 1}} {
		near(t, "p", McNemar(c.gained, c.lost), c.p)
	}
}

// outcomes is n items of which the first gained are the subject's alone, the next
// lost the reference's alone, and all others both's.
func outcomes(gained, lost, n int) (subject, reference []bool) {
	for i := range n {
		subject = append(subject, i < gained || i >= gained+lost)
		reference = append(reference, i >= gained)
	}
	return subject, reference
}

// 1 and 7 disagreements of 21 are the example of Fagerland et al. (2014), who print
// -0.508 to -0.013; all are the formula worked in Python with scipy's normal quantile.
func TestComparePairedKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		gained, lost, n int
		low, high       float64
	}{
		{1, 7, 21, -0.508359306666, -0.013379823768},
		{0, 0, 20, -0.125991256759, 0.125991256759},
		{9, 4, 100, -0.024790541379, 0.122829757065},
		{3, 3, 6, -0.692951912175, 0.692951912175},
		{0, 1, 1, -1, 0.733535928079},
	} {
		got := ComparePaired(outcomes(c.gained, c.lost, c.n))
		near(t, "low", got.Interval.Low, c.low)
		near(t, "high", got.Interval.High, c.high)
		near(t, "difference", got.Difference, float64(c.gained-c.lost)/float64(c.n))
		if got.Gained != c.gained || got.Lost != c.lost || got.N != c.n {
			t.Errorf("counted %+v of %+v", got, c)
		}
	}
	none := ComparePaired(nil, nil)
	if !math.IsNaN(none.Difference) || none.P != 1 || none.Interval.Low != -1 || none.Interval.High != 1 {
		t.Errorf("no items: %+v", none)
	}
}

// Over items of which the reference hits 60 % and the subject drops 1 in 10 more, the
// interval holds the true difference about as often as it says.
func TestComparePairedCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const rounds, items = 2000, 40
	covered := 0
	for range rounds {
		subject, reference := make([]bool, items), make([]bool, items)
		for i := range items {
			reference[i] = rng.Float64() < 0.6
			subject[i] = reference[i] != (rng.Float64() < 0.1)
		}
		const truth = 0.1*0.4 - 0.1*0.6
		if i := ComparePaired(subject, reference).Interval; i.Low <= truth && truth <= i.High {
			covered++
		}
	}
	if share := float64(covered) / rounds; share < 0.94 || share > 0.995 {
		t.Errorf("95 %% intervals cover %.3f", share)
	}
}

// By scipy 1.17: ttest_1samp(x, 0).confidence_interval() and sem(x).
func TestMeanOfKnownAnswers(t *testing.T) {
	x := []float64{.1, .3, -.2, .5, .4, .9}
	mean, i, ok := MeanOf(x)
	if !ok {
		t.Fatal("no interval")
	}
	near(t, "mean", mean, 1.0/3)
	near(t, "low", i.Low, -0.057455231627)
	near(t, "high", i.High, 0.724121898293)
	near(t, "standard error", StandardError(x), 0.152023390013)
	if _, _, ok := MeanOf(x[:1]); ok {
		t.Error("one value gave an interval")
	}
	if !math.IsNaN(StandardError(x[:1])) {
		t.Error("one value gave a standard error")
	}
}
