package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Exact counts by python's math.comb.
func TestFewStreaks(t *testing.T) {
	for _, c := range []struct {
		n, m, k int
		want    float64
	}{
		{60, 3, 2, 0.09830508474576272},
		{60, 3, 1, 0.001694915254237288},
		{60, 10, 5, 0.004214317715310474},
		{5, 2, 1, 0.4},
		{5, 2, 2, 1},
	} {
		if got := fewStreaks(c.n, c.m, c.k); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%d hits in %d places, at most %d streaks: %v, want %v", c.m, c.n, c.k, got, c.want)
		}
	}
}

func TestEffectiveSamples(t *testing.T) {
	spread, clustered := make([]float64, 60), make([]float64, 60)
	for i := range 3 {
		spread[i*20], clustered[30+i] = 9, 9
	}
	if n := EffectiveSamples([][]float64{spread}, 5); n != 60 {
		t.Errorf("exceedances apart: %d effective of 60", n)
	}
	if n := EffectiveSamples([][]float64{clustered}, 5); n >= 30 {
		t.Errorf("exceedances together: %d effective of 60", n)
	}
	quiet, bad := make([]float64, 60), make([]float64, 60)
	for i := 0; i < 60; i += 2 {
		bad[i] = 9
	}
	if n := EffectiveSamples([][]float64{quiet, bad, quiet}, 5); n >= 60 {
		t.Errorf("one bad run of three: %d effective of 180", n)
	}
	if n := EffectiveSamples(nil, 5); n != 0 {
		t.Errorf("nothing: %d", n)
	}
}

func TestEffectiveClustered(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	var loose, tight [][]float64
	for range 200 {
		request := rng.Float64()
		var a, b []float64
		for range 20 {
			a, b = append(a, rng.Float64()), append(b, request)
		}
		loose, tight = append(loose, a), append(tight, b)
	}
	if n := EffectiveClustered(slices.Values(loose), 0.9)[0]; n < 3000 || n > 4000 {
		t.Errorf("independent gaps: %d effective of 4000", n)
	}
	// Twenty copies of one value are one value: 200, give or take the estimate's own spread.
	if n := EffectiveClustered(slices.Values(tight), 0.9)[0]; n < 198 || n > 202 {
		t.Errorf("equal gaps inside a request: %d effective of 200 requests", n)
	}
	if n := EffectiveClustered(slices.Values([][]float64{{1, 2}, {}, {3}}), 100)[0]; n != 2 {
		t.Errorf("none above: %d, want the number of groups", n)
	}
}
