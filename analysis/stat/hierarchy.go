package stat

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"
)

// blocks are how many a run is cut into. Few and long ones hold what neighbouring requests share: batches and cache.
const blocks = 8

// Resamples are the draws of a hierarchical bootstrap (Davison & Hinkley, Bootstrap Methods and their Application, 1997,
// 3.8): runs with replacement, and in each of them blocks of neighbouring requests (Künsch, Ann. Statist. 17, 1989),
// joined end to start (Politis & Romano 1992). What is drawn are places, so that systems which had the same requests at the same
// times are drawn together, and what the draws say of their differences has what was common taken out.
//
// With fewer than FewestRuns runs all of them are taken, since the spread of two says nothing.
type Resamples struct {
	draws int
	runs  []float64 // by draw and run, in [0, 1): which run takes its place
	from  []float64 // by draw, run and block, in [0, 1): where it starts
	many  int       // runs
}

// NewResamples draws places for systems with a number of runs.
func NewResamples(runs, draws int, rng *rand.Rand) *Resamples {
	r := &Resamples{draws: draws, many: runs, runs: make([]float64, draws*runs), from: make([]float64, draws*runs*blocks)}
	for i := range r.runs {
		r.runs[i] = rng.Float64()
	}
	for i := range r.from {
		r.from[i] = rng.Float64()
	}
	return r
}

// Draws is the number of draws.
func (r *Resamples) Draws() int { return r.draws }

// run is which run stands at a place of a draw.
func (r *Resamples) run(draw, place int) int {
	if r.many < FewestRuns {
		return place
	}
	return int(r.runs[draw*r.many+place] * float64(r.many))
}

// Ratio is a ratio of sums in each draw; NaN where its denominator is 0.
func (r *Resamples) Ratio(series []Series) []float64 {
	sums := make([]blockSums, len(series))
	for i, s := range series {
		sums[i] = newBlockSums(s)
	}
	out := make([]float64, r.draws)
	for d := range out {
		var num, den float64
		for place := range min(r.many, len(sums)) {
			at := (d*r.many + place) * blocks
			n, m := sums[min(r.run(d, place), len(sums)-1)].draw(r.from[at : at+blocks])
			num, den = num+n, den+m
		}
		out[d] = num / den
	}
	return out
}

// Units is Ratio for units that are kept whole, such as the windows of a text or what a run's engine counted.
func (r *Resamples) Units(num, den []float64) []float64 {
	series := make([]Series, len(num))
	for i := range num {
		series[i] = Series{Num: num[i : i+1], Den: den[i : i+1]}
	}
	return r.Ratio(series)
}

// blockSums answers the sum over a block of a run in constant time.
type blockSums struct {
	n        int
	num, den []float64 // prefix sums over two copies of the run, so that blocks may wrap
}

func newBlockSums(s Series) blockSums {
	return blockSums{n: len(s.Num), num: prefix(s.Num), den: prefix(s.Den)}
}

func prefix(xs []float64) []float64 {
	p := make([]float64, 2*len(xs)+1)
	for i := range 2 * len(xs) {
		p[i+1] = p[i] + xs[i%len(xs)]
	}
	return p
}

// draw adds up blocks that start at the given places until they hold n requests.
func (b *blockSums) draw(from []float64) (num, den float64) {
	length := (b.n + blocks - 1) / blocks
	for i, left := 0, b.n; left > 0; i, left = i+1, left-length {
		start := int(from[i] * float64(b.n))
		end := start + min(length, left)
		num += b.num[end] - b.num[start]
		den += b.den[end] - b.den[start]
	}
	return num, den
}

// Quantiles is the p-quantile of sorted, the values of all runs, in each draw: the value at the rank that the drawn share of values
// above the sample's quantile says (Bahadur's representation, Ann. Math. Statist. 37, 1966), so that a draw takes a few
// sums and not a sort. It never leaves the sample: +Inf where failures reach it.
func (r *Resamples) Quantiles(runs [][]float64, sorted Ordered, p float64, effective int, rng *rand.Rand) []float64 {
	n := sorted.Len()
	at, above := sorted.At(Rank(n, p)), 0
	series := make([]Series, len(runs))
	for i, run := range runs {
		hits, _ := streaks(run, at)
		above += hits
		series[i] = exceedanceSeries(run, at)
	}
	share := 1 - float64(n-above)/float64(n)
	spread := math.Sqrt(p * (1 - p) / float64(effective))
	out := r.Ratio(series)
	Calibrate(out, share, Interval{Low: share - normalQuantile()*spread, High: share + normalQuantile()*spread}, rng)
	wanted := &wishes{n: n}
	for i, s := range out {
		out[i] = (p + s - share) * float64(n)
		atPosition(wanted, out[i])
	}
	if f, ok := sorted.(interface{ Fetch(ranks ...int) }); ok {
		f.Fetch(wanted.ranks...)
	}
	for i, pos := range out {
		out[i] = atPosition(sorted, pos)
	}
	return out
}

// exceedanceSeries is 1 for each value above a threshold.
func exceedanceSeries(run []float64, threshold float64) Series {
	c := NewCollector(len(run), FewestRuns) // only its sums are drawn from
	for _, hit := range exceedances(run, threshold) {
		c.Add(hit, 1)
	}
	return c.Series()
}

// Calibrate stretches draws about value so that they spread as the interval says. A bootstrap of few runs or blocks is too
// narrow by a known amount, and an interval that was made for coverage has the right width; what the draws add is how figures
// move together. Draws that do not move at all get a spread of their own, from rng. An upper end that is not known is as far
// as the lower one.
func Calibrate(draws []float64, value float64, i Interval, rng *rand.Rand) {
	down, up := (value-i.Low)/normalQuantile(), (i.High-value)/normalQuantile()
	if math.IsInf(up, 0) {
		up = down
	}
	if math.IsInf(down, 0) {
		down = up
	}
	if math.IsInf(down, 0) || math.IsNaN(down+up) { // nothing is known of how it spreads
		down, up = 0, 0
	}
	sd := stat.StdDev(draws, nil)
	for d, x := range draws {
		z := (x - value) / sd
		if !(sd > 0) || math.IsNaN(z) || math.IsInf(z, 0) {
			z = rng.NormFloat64()
		}
		if draws[d] = value + z*down; z > 0 {
			draws[d] = value + z*up
		}
	}
}

// Ranks are the places of draws among each other, in (0, 1); draws that are equal are put in random order.
func Ranks(draws []float64, rng *rand.Rand) []float64 {
	shuffled := make([]float64, len(draws))
	perm := rng.Perm(len(draws))
	for i, k := range perm {
		shuffled[i] = draws[k]
	}
	out := make([]float64, len(draws))
	for rank, i := range sortedIndices(shuffled) {
		out[perm[i]] = (float64(rank) + .5) / float64(len(draws))
	}
	return out
}
