package stat

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Series holds one run's requests in issue order, as the terms of a ratio of sums:
// a mean has Den 1 for each request that counts, a rate has the request's share of
// the window.
type Series struct{ Num, Den []float64 }

// RatioEstimate is the sum of Num over the sum of Den of all runs, with its interval.
type RatioEstimate struct {
	Value    float64 // NaN where the denominator is 0
	Interval Interval
	N        int // terms
}

// Ratio estimates a ratio of sums and gives its interval by a bootstrap of draws
// resamples: blocks of neighbouring requests, because neighbours share batches and
// cache (Künsch 1989, with the series joined end to start as in Politis & Romano
// 1992, so that all requests weigh the same), and with two runs or more the runs
// themselves before the blocks (hierarchical: Davison & Hinkley 1997, 3.8).
func Ratio(runs []Series, draws int, rng *rand.Rand) RatioEstimate {
	var num, den float64
	e := RatioEstimate{}
	for _, s := range runs {
		e.N += len(s.Num)
		for i := range s.Num {
			num += s.Num[i]
			den += s.Den[i]
		}
	}
	e.Value = num / den
	if den == 0 {
		e.Value = math.NaN()
	}
	e.Interval = Interval{Low: e.Value, High: e.Value, Level: Confidence}
	if math.IsNaN(e.Value) || math.IsInf(e.Value, 0) || draws < 1 {
		return e
	}
	replicates := resample(newBlockRuns(runs, e.Value), draws, rng)
	if len(replicates) > 0 {
		e.Interval = spread(e.Value, replicates, widen(runs, e.Value))
	}
	return e
}

// spread is the percentile interval of the replicates, its distance to the value
// multiplied by factor.
func spread(value float64, replicates []float64, factor float64) Interval {
	slices.Sort(replicates)
	tail := (1 - Confidence) / 2
	low, high := NearestRank(replicates, tail), NearestRank(replicates, 1-tail)
	return Interval{
		Low:   min(value, value+(low-value)*factor),
		High:  max(value, value+(high-value)*factor),
		Level: Confidence,
	}
}

// widen undoes the known shortfall of a block bootstrap inside a single run: the
// variance of n/b block means is short by the factor 1 - b/n. Several runs need no
// such factor, because resampling them counts the variance inside runs twice.
func widen(runs []Series, value float64) float64 {
	if len(runs) != 1 || len(runs[0].Num) < 2 {
		return 1
	}
	n := float64(len(runs[0].Num))
	return math.Sqrt(n / (n - float64(blockLength(runs[0], value))))
}

// blockLength balances bias and variance for a first-order autoregression with the
// lag-1 correlation found in the run: (3/2)^(1/3) (2r/(1-r^2))^(2/3) n^(1/3) (Carlstein
// 1986, for moving blocks by Künsch). Without positive correlation it is 1; it is
// at most a quarter of the run.
func blockLength(s Series, value float64) int {
	n := len(s.Num)
	residual := make([]float64, n)
	for i := range residual {
		residual[i] = s.Num[i] - value*s.Den[i]
	}
	r := min(max(lag1(residual), 0), 0.97)
	b := math.Cbrt(1.5*float64(n)) * math.Pow(2*r/(1-r*r), 2.0/3)
	return min(max(int(math.Ceil(b)), 1), max(n/4, 1))
}

// blockRun answers the sum over a block of a run in constant time.
type blockRun struct {
	n, block int
	num, den []float64 // prefix sums over two copies of the run, so that blocks may wrap
}

func newBlockRuns(runs []Series, value float64) []blockRun {
	var out []blockRun
	for _, s := range runs {
		if n := len(s.Num); n > 0 {
			out = append(out, blockRun{n: n, block: blockLength(s, value), num: prefix(s.Num), den: prefix(s.Den)})
		}
	}
	return out
}

func prefix(xs []float64) []float64 {
	p := make([]float64, 2*len(xs)+1)
	for i := range 2 * len(xs) {
		p[i+1] = p[i] + xs[i%len(xs)]
	}
	return p
}

// draw adds up blocks at random places until they hold n requests.
func (b *blockRun) draw(rng *rand.Rand) (num, den float64) {
	for left := b.n; left > 0; left -= b.block {
		from := rng.IntN(b.n)
		to := from + min(b.block, left)
		num += b.num[to] - b.num[from]
		den += b.den[to] - b.den[from]
	}
	return num, den
}

func resample(runs []blockRun, draws int, rng *rand.Rand) []float64 {
	replicates := make([]float64, 0, draws)
	for range draws {
		var num, den float64
		for k := range runs {
			if len(runs) > 1 {
				k = rng.IntN(len(runs))
			}
			n, d := runs[k].draw(rng)
			num += n
			den += d
		}
		if den != 0 {
			replicates = append(replicates, num/den)
		}
	}
	return replicates
}
