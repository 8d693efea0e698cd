package stat

import (
	"math/rand/v2"
	"testing"
)

// By scipy 1.17: t.interval over the four window means, and for windows of unequal
// length the ratio estimator worked by hand with t.ppf(0.975, 2).
func TestClusterMeanKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		name            string
		values          []float64
		window          []int32
		mean, low, high float64
	}{
		{"equal windows", []float64{.1, .3, .2, .5, .4, .9, .8, .7}, []int32{0, 0, 1, 1, 2, 2, 3, 3}, 0.4875, 0.07987036743059772, 0.8951296325694024},
		{"unequal windows", []float64{1, 2, 3, 10, 11, 4}, []int32{0, 0, 0, 1, 1, 2}, 31.0 / 6, -7.420243920870344, 17.753577254203677},
	} {
		mean, i, ok := ClusterMean(c.values, c.window)
		if !ok {
			t.Errorf("%s: no interval", c.name)
		}
		near(t, c.name+" mean", mean, c.mean)
		near(t, c.name+" low", i.Low, c.low)
		near(t, c.name+" high", i.High, c.high)
	}
}

func TestClusterMeanNeedsTwoWindows(t *testing.T) {
	if _, i, ok := ClusterMean([]float64{1, 2, 3}, []int32{4, 4, 4}); ok {
		t.Errorf("one window gave the interval %+v", i)
	}
	if _, _, ok := ClusterMean(nil, nil); ok {
		t.Error("no values gave an interval")
	}
}

// Eight windows of 128 correlated differences with a window effect: the shape of a
// demo's quality probe.
func TestClusterMeanCoverage(t *testing.T) {
	const windows, length, repeats = 8, 128, 3000
	rng := rand.New(rand.NewPCG(6, 1))
	hits := 0
	for range repeats {
		var values []float64
		var window []int32
		for w := range windows {
			effect := 0.3 * rng.NormFloat64()
			for _, x := range autoregression(rng, length, 0.5) {
				values = append(values, x+effect)
				window = append(window, int32(w))
			}
		}
		_, i, _ := ClusterMean(values, window)
		hits += covers(i, 10)
	}
	inRange(t, "t over windows", hits, repeats, 0.94, 0.96)
}
