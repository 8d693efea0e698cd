package stat

import (
	"iter"
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
	if n := EffectiveSamples([][]float64{spread}, 5, .95); n != 60 {
		t.Errorf("exceedances apart: %d effective of 60", n)
	}
	if n := EffectiveSamples([][]float64{clustered}, 5, .95); n >= 30 {
		t.Errorf("exceedances together: %d effective of 60", n)
	}
	quiet, bad := make([]float64, 60), make([]float64, 60)
	for i := 0; i < 60; i += 2 {
		bad[i] = 9
	}
	if n := EffectiveSamples([][]float64{quiet, bad, quiet}, 5, .95); n >= 60 {
		t.Errorf("one bad run of three: %d effective of 180", n)
	}
	if n := EffectiveSamples(nil, 5, .95); n != 0 {
		t.Errorf("nothing: %d", n)
	}
}

func TestEffectiveClustered(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	var loose, tight Requests
	for range 200 {
		request := rng.Float64()
		var a, b []float64
		for range 20 {
			a, b = append(a, rng.Float64()), append(b, request)
		}
		loose, tight = append(loose, a), append(tight, b)
	}
	if n := clusteredAt([]Requests{loose}, 0.9, 0.9); n < 2000 || n > 4000 {
		t.Errorf("independent gaps: %d effective of 4000", n)
	}
	// Twenty copies of one value are one value: 200, less what chance in their order looks like.
	if n := clusteredAt([]Requests{tight}, 0.9, 0.9); n < 150 || n > 202 {
		t.Errorf("equal gaps inside a request: %d effective of 200 requests", n)
	}
	if n := clusteredAt([]Requests{{{1, 2}, {}, {3}}}, 100, 0.9); n != 2 {
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

func clusteredAt(runs []Requests, threshold, p float64) int {
	return EffectiveClustered(walksOf(runs), []float64{threshold}, []float64{p})[0]
}

func walksOf(runs []Requests) []iter.Seq[[]float64] {
	out := make([]iter.Seq[[]float64], len(runs))
	for i, r := range runs {
		out[i] = slices.Values(r)
	}
	return out
}

// Walks give what the definition gives, request by request, with few runs and with many.
func TestEffectiveClusteredByDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for trial := range 60 {
		runs := make([]Requests, 1+trial%5)
		for k := range runs {
			level := rng.Float64()
			for range 2 + rng.IntN(60) {
				g := make([]float64, rng.IntN(30))
				level = 0.7*level + 0.3*rng.Float64()
				for i := range g {
					g[i] = level + rng.Float64()
				}
				runs[k] = append(runs[k], g)
			}
		}
		thresholds, ps := []float64{0.3, 1, 1.3, 9}, []float64{0.1, 0.5, 0.8, 0.99}
		for i, got := range EffectiveClustered(walksOf(runs), thresholds, ps) {
			if want := clusteredByDefinition(runs, thresholds[i], ps[i]); math.Abs(float64(got-want)) > 1 {
				t.Fatalf("%d runs, threshold %v: %d, want %d", len(runs), thresholds[i], got, want)
			}
		}
	}
}

func clusteredByDefinition(runs []Requests, threshold, p float64) int {
	series, means := make([]Series, len(runs)), make([][]float64, len(runs))
	n, used, hits := 0, 0, 0.0
	for k, run := range runs {
		series[k] = above(run, threshold)
		h, d := series[k].sums()
		n, hits = n+int(d), hits+h
		for _, values := range run {
			if len(values) > 0 {
				used++
				means[k] = append(means[k], mean(values))
			}
		}
	}
	effective := worth(series, n, used)
	if len(runs) < FewestRuns {
		residuals := make([][]float64, len(runs))
		for k, s := range series {
			for i := range s.Num {
				residuals[k] = append(residuals[k], s.Num[i]-hits/float64(n)*s.Den[i])
			}
		}
		scores := 0.0
		for _, m := range means {
			scores += indicatorInflation(normalScores(m), p) / float64(len(means))
		}
		effective = int(float64(effective) * min(1, inflationByDefinition(residuals)/max(1, scores)))
	}
	return max(effective, 1)
}

func inflationByDefinition(runs [][]float64) float64 {
	r := func(lag int) float64 {
		var num, den, n float64
		for _, run := range runs {
			for i, x := range run {
				n++
				den += x * x
				if i >= lag {
					num += x * run[i-lag]
				}
			}
		}
		if den == 0 {
			return 0
		}
		return num/den + (1+4*max(num/den, 0))/n
	}
	if r(1) <= 0 {
		return 1
	}
	return 1 + 2*r(1)/(1-min(max(r(1), (r(2)+r(3))/(r(1)+r(2))), mostCorrelated))
}

// above is how many values of each request are above a threshold, and how many it has.
func above(r Requests, threshold float64) Series {
	s := Series{Num: make([]float64, len(r)), Den: make([]float64, len(r))}
	for i, values := range r {
		s.Den[i] = float64(len(values))
		for _, v := range values {
			if v > threshold {
				s.Num[i]++
			}
		}
	}
	return s
}
