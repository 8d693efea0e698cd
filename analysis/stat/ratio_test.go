package stat

import (
	"math"
	"math/rand/v2"
	"reflect"
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
	e := Ratio([]Series{{Num: []float64{1, 2, 3}, Den: []float64{1, 1, 2}}, {Num: []float64{4}, Den: []float64{4}}}, 200, rand.New(rand.NewPCG(1, 1)))
	if e.Value != 10.0/8 || e.N != 4 {
		t.Errorf("%+v, want 1.25 of 4", e)
	}
	if !(e.Interval.Low <= e.Value && e.Value <= e.Interval.High) || e.Interval.Low == e.Interval.High {
		t.Errorf("interval %+v of %v", e.Interval, e.Value)
	}
}

func TestRatioDegenerate(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	if e := Ratio(nil, 100, rng); !math.IsNaN(e.Value) {
		t.Errorf("no runs: %+v", e)
	}
	if e := Ratio([]Series{means([]float64{5, 5, 5})}, 100, rng); e.Value != 5 || e.Interval.Low != 5 || e.Interval.High != 5 {
		t.Errorf("constant: %+v", e)
	}
	if e := Ratio([]Series{means([]float64{1, math.Inf(1)})}, 100, rng); !math.IsInf(e.Value, 1) || math.IsNaN(e.Interval.Low) {
		t.Errorf("infinite: %+v", e)
	}
}

func TestRatioIsDeterministic(t *testing.T) {
	s := []Series{means([]float64{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5})}
	a := Ratio(s, 500, rand.New(rand.NewPCG(7, 7)))
	b := Ratio(s, 500, rand.New(rand.NewPCG(7, 7)))
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%+v and %+v from one seed", a, b)
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

func TestRatioCoverage(t *testing.T) {
	const repeats = 1500
	for _, c := range []struct {
		name      string
		n         int
		r         float64
		low, high float64
	}{
		{"independent", 80, 0, 0.93, 0.97},
		// Blocks cannot see all of the correlation of a short series: a little less is honest to expect.
		{"correlated", 240, 0.4, 0.91, 0.97},
	} {
		rng := rand.New(rand.NewPCG(4, 1))
		hits, naive := 0, 0
		for range repeats {
			xs := autoregression(rng, c.n, c.r)
			e := Ratio([]Series{means(xs)}, 300, rng)
			hits += covers(e.Interval, 10)
			half := 1.96 * math.Sqrt(sampleVariance(xs)/float64(c.n))
			naive += covers(Interval{Low: e.Value - half, High: e.Value + half}, 10)
		}
		inRange(t, c.name, hits, repeats, c.low, c.high)
		if c.r > 0 && naive > hits-repeats/20 {
			t.Errorf("%s: blocks cover %d, an interval that ignores the correlation %d", c.name, hits, naive)
		}
	}
}

func sampleVariance(xs []float64) float64 {
	m, ss := 0.0, 0.0
	for _, x := range xs {
		m += x / float64(len(xs))
	}
	for _, x := range xs {
		ss += (x - m) * (x - m)
	}
	return ss / float64(len(xs)-1)
}

// With run-to-run variance the runs are the unit: pooling them as one run would
// cover far less than the nominal level.
func TestHierarchicalCoverage(t *testing.T) {
	const runs, n, repeats = 10, 30, 1000
	rng := rand.New(rand.NewPCG(5, 1))
	hits, pooledHits := 0, 0
	for range repeats {
		var each []Series
		var pooled []float64
		for range runs {
			shift := 0.5 * rng.NormFloat64()
			xs := autoregression(rng, n, 0)
			for i := range xs {
				xs[i] += shift
			}
			each, pooled = append(each, means(xs)), append(pooled, xs...)
		}
		hits += covers(Ratio(each, 300, rng).Interval, 10)
		half := 1.96 * math.Sqrt(sampleVariance(pooled)/float64(len(pooled)))
		mean := Ratio([]Series{means(pooled)}, 0, rng).Value
		pooledHits += covers(Interval{Low: mean - half, High: mean + half}, 10)
	}
	inRange(t, "hierarchical", hits, repeats, 0.91, 0.97)
	inRange(t, "pooled, for contrast", pooledHits, repeats, 0, 0.75)
}
