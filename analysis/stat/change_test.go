package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// R: t.test(log(c(110,98,105,120)) - log(c(100,95,104,108))), exponentiated.
func TestPairedRunsAgreesWithR(t *testing.T) {
	c, ok := PairedRuns([]float64{100, 95, 104, 108}, []float64{110, 98, 105, 120})
	d := []float64{math.Log(1.1), math.Log(98. / 95), math.Log(105. / 104), math.Log(120. / 108)}
	mean, sq := 0.0, 0.0
	for _, x := range d {
		mean += x / 4
	}
	for _, x := range d {
		sq += (x - mean) * (x - mean)
	}
	se, t3 := math.Sqrt(sq/3/4), 3.182446305 // qt(.975, 3)
	if !ok || math.Abs(c.Ratio-math.Exp(mean)) > 1e-12 || math.Abs(c.Interval.Low-math.Exp(mean-t3*se)) > 1e-8 || math.Abs(c.Interval.High-math.Exp(mean+t3*se)) > 1e-8 {
		t.Errorf("%+v %v", c, ok)
	}
	// pt has a closed form at 3 degrees of freedom.
	x := mean / se / math.Sqrt(3)
	if want := 1 - 2/math.Pi*(x/(1+x*x)+math.Atan(x)); math.Abs(c.P-want) > 1e-9 {
		t.Errorf("p %v, want %v", c.P, want)
	}
}

func TestAdjustedPairsNeedsPairs(t *testing.T) {
	ones, x := make([]float64, 12), make([]float64, 12)
	for i := range ones {
		ones[i], x[i] = 1+float64(i%3), float64(i)
	}
	if _, ok := AdjustedPairs(ones[:7], ones[:7], x[:7], make([]float64, 7)); ok {
		t.Error("seven pairs are enough")
	}
	if _, ok := AdjustedPairs(ones, ones, x, x); ok {
		t.Error("a covariate that does not vary explains something")
	}
	if c, ok := AdjustedPairs(ones, ones, x, make([]float64, 12)); !ok || c.Ratio != 1 || c.P != 1 || !c.Adjusted {
		t.Errorf("%+v %v", c, ok)
	}
	bad := append([]float64{math.Inf(1)}, ones[1:]...)
	if c, ok := AdjustedPairs(ones, bad, x, make([]float64, 12)); ok {
		t.Errorf("a failure: %+v", c)
	}
}

// Welch's example with equal sizes and variances is Student's: 2n-2 degrees of freedom.
func TestSeparateRuns(t *testing.T) {
	a := []float64{math.Exp(1), math.Exp(2), math.Exp(3)}
	b := []float64{math.Exp(2), math.Exp(3), math.Exp(4)}
	c, ok := SeparateRuns(a, b)
	half := 2.776445105 * math.Sqrt(2./3) // qt(.975, 4)
	if !ok || math.Abs(c.Ratio-math.E) > 1e-9 || math.Abs(c.Interval.High-math.Exp(1+half)) > 1e-6 || c.Runs != 3 || c.Within {
		t.Errorf("%+v %v", c, ok)
	}
	same, ok := SeparateRuns([]float64{2, 2, 2}, []float64{2, 2, 2})
	if !ok || same.P != 1 || same.Interval.Low != 1 || same.Interval.High != 1 {
		t.Errorf("no variance, no change: %+v %v", same, ok)
	}
	if other, _ := SeparateRuns([]float64{2, 2, 2}, []float64{3, 3, 3}); other.P > 1e-9 {
		t.Errorf("no variance, a change: %+v", other)
	}
}

func TestFewRunsGiveNoInterval(t *testing.T) {
	for _, bad := range [][2][]float64{{{1, 2}, {1, 2}}, {{1, 2, 3}, {1, 2, 0}}, {{1, 2, 3}, {1, 2, math.Inf(1)}}, {nil, nil}} {
		if c, ok := PairedRuns(bad[0], bad[1]); ok {
			t.Errorf("%v: %+v", bad, c)
		}
		if c, ok := SeparateRuns(bad[0], bad[1]); ok {
			t.Errorf("%v: %+v", bad, c)
		}
	}
}

// R: p.adjust(c(.01, .04, .03, .005), "holm") = .03 .06 .06 .02
func TestHolm(t *testing.T) {
	got := Holm([]float64{.01, .04, .03, .005})
	for i, want := range []float64{.03, .06, .06, .02} {
		if math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("%v", got)
		}
	}
	if got := Holm([]float64{.9, .8}); !slices.Equal(got, []float64{1, 1}) {
		t.Errorf("%v", got)
	}
}

// simulated is a run of n requests with lognormal latencies whose logarithms have the lag-1 correlation r, noise of its
// own, and a shift. Common is what the request itself takes on either side.
func simulated(rng *rand.Rand, common []float64, r, own, shift float64) Requests {
	out, x := make(Requests, len(common)), rng.NormFloat64()
	for i := range out {
		out[i] = []float64{math.Exp(common[i] + shift + own*x)}
		x = r*x + math.Sqrt(1-r*r)*rng.NormFloat64()
	}
	return out
}

// A change of a tenth is found in runs whose requests are the same, where without pairs it is lost in what
// requests differ by.
func TestPairsFindMore(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	found := [2]int{}
	const simulations = 60
	for range simulations {
		common := commonPart(rng, 120)
		a, b := simulated(rng, common, 0, .05, 0), simulated(rng, common, 0, .05, math.Log(1.1))
		for i, paired := range []bool{true, false} {
			if QuantileChanges([]Requests{a}, []Requests{b}, []float64{.5}, paired, 200, rng)[0].P < .05 {
				found[i]++
			}
		}
	}
	if found[0] < simulations*8/10 || found[1] > simulations/2 {
		t.Errorf("found %d of %d in pairs, %d without", found[0], simulations, found[1])
	}
}

func TestQuantileChangesOfFailures(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	good, bad := make(Requests, 100), make(Requests, 100)
	for i := range good {
		good[i], bad[i] = []float64{float64(i + 1)}, []float64{math.Inf(1)}
	}
	c := QuantileChanges([]Requests{good}, []Requests{bad}, []float64{.5}, true, 100, rng)[0]
	if !math.IsInf(c.Ratio, 1) || c.Interval.Low != 0 || c.P != 1 {
		t.Errorf("%+v", c)
	}
	// A third of failures puts the p75 beyond the slowest success, in all draws but a few: how much slower it is at least is known.
	some := make(Requests, 100)
	for i := range some {
		some[i] = []float64{3 * float64(i+1)}
		if i%3 == 0 {
			some[i][0] = math.Inf(1)
		}
	}
	if c := QuantileChanges([]Requests{good}, []Requests{some}, []float64{.67}, false, 400, rng)[0]; !math.IsInf(c.Ratio, 1) || c.Interval.Low < 1 || math.IsInf(c.Interval.Low, 1) || !math.IsInf(c.Interval.High, 1) {
		t.Errorf("a third of failures: %+v", c)
	}
	if c := QuantileChanges([]Requests{some}, []Requests{good}, []float64{.67}, false, 400, rng)[0]; c.Ratio != 0 || c.Interval.Low != 0 || !(c.Interval.High < 1) {
		t.Errorf("no failures any more: %+v", c)
	}
	if c := QuantileChanges([]Requests{bad}, []Requests{bad}, []float64{.5}, true, 100, rng)[0]; !math.IsNaN(c.Ratio) || c.P != 1 {
		t.Errorf("%+v", c)
	}
	if c := QuantileChanges(nil, nil, []float64{.5}, true, 100, rng)[0]; !math.IsNaN(c.Ratio) {
		t.Errorf("%+v", c)
	}
}

// R: fisher.test(matrix(c(3, 1, 1, 3), 2))$p.value and of c(10, 2, 3, 15).
func TestFisher(t *testing.T) {
	for _, row := range []struct {
		h1, n1, h2, n2 int
		p              float64
	}{{3, 4, 1, 4, 0.4857142857}, {10, 12, 3, 18, 0.0005367241}, {0, 10, 0, 10, 1}} {
		if p := Fisher(row.h1, row.n1, row.h2, row.n2); math.Abs(p-row.p) > 1e-9 {
			t.Errorf("%+v: %v", row, p)
		}
	}
}

// Of a long run requests are drawn in sums of neighbours: the interval is about that of single ones, which for the median of
// normal values is known.
func TestQuantileChangesOfLongRuns(t *testing.T) {
	const n = 3 * seriesTerms
	rng := rand.New(rand.NewPCG(9, 9))
	draw := func() []Requests {
		r := make(Requests, n)
		for i := range r {
			r[i] = []float64{100 + rng.NormFloat64()}
		}
		return []Requests{r}
	}
	width, runs := 0.0, 8
	for range runs {
		c := QuantileChanges(draw(), draw(), []float64{.5}, false, 200, rng)[0]
		width += (c.Interval.High - c.Interval.Low) / float64(runs)
	}
	want := 2 * 1.96 * math.Sqrt(2) * math.Sqrt(math.Pi/2/n) / 100
	if width < 0.75*want || width > 1.25*want {
		t.Errorf("width %v, want about %v", width, want)
	}
}
