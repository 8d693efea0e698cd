package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	reference "github.com/montanaflynn/stats"
)

func TestNearestRankAgainstAnotherLibrary(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for n := 1; n <= 120; n++ {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(rng.IntN(40)) // ties on purpose
		}
		// Whole percents keep n*p/100 exact in the reference, which counts 57.000001 as 58.
		for _, percent := range []float64{1, 10, 25, 50, 75, 90, 95, 99, 100} {
			want, err := reference.PercentileNearestRank(values, percent)
			if err != nil {
				t.Fatal(err)
			}
			if got := NearestRank(Sorted(values), percent/100); got != want {
				t.Errorf("p%v of %d values: %v, want %v", percent, n, got, want)
			}
		}
	}
}

// The defining property, without a rank formula: at least a share p of the values is
// at or below the percentile, and less than p is below the value before it.
func TestNearestRankDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for range 500 {
		n := 1 + rng.IntN(200)
		values := make([]float64, n)
		for i := range values {
			values[i] = rng.ExpFloat64()
		}
		if rng.IntN(3) == 0 {
			values[0] = math.Inf(1)
		}
		p := float64(1+rng.IntN(999)) / 1000
		got := NearestRank(Sorted(values), p)
		atOrBelow, below := 0, 0
		for _, v := range values {
			if v <= got {
				atOrBelow++
			}
			if v < got {
				below++
			}
		}
		if float64(atOrBelow) < p*float64(n)-1e-6 || float64(below) >= p*float64(n) {
			t.Fatalf("p%v of %d: %d at or below, %d below", p, n, atOrBelow, below)
		}
	}
}

func TestFloor(t *testing.T) {
	for _, c := range []struct{ p, oneSided95, oneSided99, twoSided95 float64 }{
		{0.90, 29, 44, 36},
		{0.95, 59, 90, 72},
		{0.99, 299, 459, 368},
		{0.999, 2995, 4603, 3688},
	} {
		got := [3]int{Floor(c.p, 0.95), Floor(c.p, 0.99), Floor(c.p, 0.975)}
		want := [3]int{int(c.oneSided95), int(c.oneSided99), int(c.twoSided95)}
		if got != want {
			t.Errorf("p%v: %v, want %v", c.p, got, want)
		}
	}
}

// Ranks by scipy 1.17 binom.sf: the largest r with P(B >= r) >= 1-tail and the least
// s with P(B >= s) <= tail. The values are 1..n, so a value is its rank.
func TestOrderInterval(t *testing.T) {
	for _, c := range []struct {
		n         int
		p, level  float64
		low, high float64
	}{
		{100, 0.5, 0.95, 40, 61},
		{100, 0.95, 0.95, 90, 100},
		{60, 0.95, 0.90, 54, 60},
		{72, 0.95, 0.95, 64, 72},
		{300, 0.9, 0.95, 259, 281},
		{368, 0.99, 0.95, 360, 368},
		{1000, 0.99, 0.95, 983, 997},
	} {
		q := NewQuantile(ranks(c.n), c.p, c.n)
		i := q.Conservative
		if i.Low != c.low || i.High != c.high || math.Abs(i.Level-c.level) > 1e-12 {
			t.Errorf("p%v of %d: %+v, want [%v, %v] at %v", c.p, c.n, i, c.low, c.high, c.level)
		}
		if q.Shown.Low < i.Low || q.Shown.High > i.High {
			t.Errorf("p%v of %d: shown %+v is wider than conservative %+v", c.p, c.n, q.Shown, i)
		}
	}
}

func ranks(n int) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = float64(i + 1)
	}
	return s
}

// The median's bounds follow Hettmansperger & Sheather (1986), of which Nyblom's is
// the generalisation; those of p95 were computed with scipy's binom.sf.
func TestNyblomKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		n         int
		p         float64
		low, high float64
	}{
		{20, 0.5, 6.235234215886, 14.764765784114},
		{200, 0.95, 184.0929513642, 196.0339742466},
	} {
		got := nyblomInterval(Ascending(ranks(c.n)), c.p, c.n, 0.95)
		if math.Abs(got.Low-c.low) > 1e-8 || math.Abs(got.High-c.high) > 1e-8 {
			t.Errorf("p%v of %d: %+v, want [%v, %v]", c.p, c.n, got, c.low, c.high)
		}
	}
}

func TestQuantileBelowFloor(t *testing.T) {
	if q := NewQuantile(ranks(58), 0.95, 58); !q.Insufficient {
		t.Errorf("58 samples gave a p95: %+v", q)
	}
	if q := NewQuantile(ranks(59), 0.95, 59); q.Insufficient || q.Value != 57 || q.Conservative.High != 59 {
		t.Errorf("59 samples: %+v", q)
	}
	if q := NewQuantile(nil, 0.5, 0); !q.Insufficient {
		t.Errorf("no samples gave a median: %+v", q)
	}
}

// Three failures among 60 put the p95 at the slowest success, four put it beyond.
func TestQuantileWithFailures(t *testing.T) {
	for _, c := range []struct {
		failures int
		want     float64
	}{{3, 57}, {4, math.Inf(1)}} {
		s := ranks(60)
		for i := range c.failures {
			s[59-i] = math.Inf(1)
		}
		q := NewQuantile(s, 0.95, 60)
		if q.Value != c.want || !math.IsInf(q.Shown.High, 1) || math.IsNaN(q.Shown.Low) {
			t.Errorf("%d failures: %+v, want %v up to +Inf", c.failures, q, c.want)
		}
	}
}

func TestDependenceWidensTheInterval(t *testing.T) {
	independent := NewQuantile(ranks(200), 0.9, 200).Conservative
	dependent := NewQuantile(ranks(200), 0.9, 50).Conservative
	if dependent.Low >= independent.Low || dependent.High <= independent.High {
		t.Errorf("50 effective samples %+v, 200 %+v", dependent, independent)
	}
	if q := NewQuantile(ranks(60), 0.95, 20); q.Insufficient || !math.IsInf(q.Conservative.High, 1) {
		t.Errorf("20 effective samples bound a p95 from above: %+v", q)
	}
}

// Coverage over the distribution-free case: 95 % nominal, exponential samples.
func TestQuantileCoverage(t *testing.T) {
	const n, repeats = 150, 4000
	rng := rand.New(rand.NewPCG(3, 1))
	truth := -math.Log(1 - 0.9)
	shown, conservative := 0, 0
	for range repeats {
		s := make([]float64, n)
		for i := range s {
			s[i] = rng.ExpFloat64()
		}
		slices.Sort(s)
		q := NewQuantile(s, 0.9, n)
		shown += covers(q.Shown, truth)
		conservative += covers(q.Conservative, truth)
	}
	inRange(t, "shown", shown, repeats, 0.94, 0.96)
	inRange(t, "conservative", conservative, repeats, 0.95, 0.98)
}

func covers(i Interval, truth float64) int {
	if i.Low <= truth && truth <= i.High {
		return 1
	}
	return 0
}

func inRange(t *testing.T, name string, hits, of int, low, high float64) {
	t.Helper()
	if share := float64(hits) / float64(of); share < low || share > high {
		t.Errorf("%s: covers in %.1f %% of %d runs, want %.0f to %.0f %%", name, 100*share, of, 100*low, 100*high)
	}
}
