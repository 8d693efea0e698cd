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

// The sum by its largest terms is that over all of them.
func TestFewStreaksIsTheWholeSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for range 400 {
		n := 1 + rng.IntN(300)
		m := rng.IntN(n + 1)
		k := rng.IntN(n + 1)
		want := 0.0
		for j := 1; j <= min(k, m, n-m+1); j++ {
			want += math.Exp(logChoose(m-1, j-1) + logChoose(n-m+1, j) - logChoose(n, m))
		}
		if got := fewStreaks(n, m, k); math.Abs(got-min(want, 1)) > 1e-9 {
			t.Fatalf("fewStreaks(%d, %d, %d) = %v, want %v", n, m, k, got, want)
		}
	}
	// Of ten million, half above, there are 2.5 million streaks give or take 791.
	for _, c := range []struct{ k, low, high float64 }{{2_500_000, 0.45, 0.55}, {2_497_000, 0, 1e-3}, {2_503_000, 0.999, 1}} {
		if p := fewStreaks(10_000_000, 5_000_000, int(c.k)); p < c.low || p > c.high {
			t.Errorf("%v streaks: %v, want it between %v and %v", c.k, p, c.low, c.high)
		}
	}
}

// The sums give what the definition gives, group by group.
func TestEffectiveClusteredByDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for range 50 {
		var groups [][]float64
		for range 2 + rng.IntN(60) {
			g, level := make([]float64, rng.IntN(30)), rng.Float64()
			for i := range g {
				g[i] = level + rng.Float64()
			}
			groups = append(groups, g)
		}
		thresholds := []float64{0.3, 1, 1.7}
		for i, got := range EffectiveClustered(slices.Values(groups), thresholds...) {
			if want := effectiveByGroup(groups, thresholds[i]); math.Abs(float64(got-want)) > 1 {
				t.Fatalf("threshold %v: %d, want %d", thresholds[i], got, want)
			}
		}
	}
}

func effectiveByGroup(groups [][]float64, threshold float64) int {
	var used, total, above, ss float64
	for _, g := range groups {
		total += float64(len(g))
		above += float64(countAbove(g, threshold))
		if len(g) > 0 {
			used++
		}
	}
	if used < 2 || above == 0 || above == total {
		return int(used)
	}
	share := above / total
	for _, g := range groups {
		d := float64(countAbove(g, threshold)) - share*float64(len(g))
		ss += d * d
	}
	return int(min(max(share*(1-share)/(used/(used-1)*ss/(total*total)), 1), total))
}
