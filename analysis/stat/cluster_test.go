package stat

import "testing"

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
