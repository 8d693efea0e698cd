package stat

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Requests are the values of one run by request, in issue order: one each, several, or none.
type Requests [][]float64

// QuantileChanges are the changes of quantiles from one system to another, each measured in runs of requests, by the
// bootstrap that Resamples explains. Paired are runs of the same requests at the same times, of which the same ones are
// drawn on both sides, so that what makes a request slow on both does not count as a difference.
func QuantileChanges(first, second []Requests, ps []float64, paired bool, draws int, rng *rand.Rand) []Change {
	a, b := newPool(summed(first)), newPool(summed(second))
	out, logs := make([]Change, len(ps)), make([][]float64, len(ps))
	for i, p := range ps {
		out[i] = Change{Ratio: b.quantile(p, nil) / a.quantile(p, nil), P: 1, Runs: min(len(first), len(second)), Within: min(len(first), len(second)) < FewestRuns}
	}
	qa, qb := make([]float64, len(ps)), make([]float64, len(ps))
	for range draws {
		a.draw(rng)
		if paired {
			copy(b.count, a.count)
		} else {
			b.draw(rng)
		}
		a.quantiles(ps, qa)
		b.quantiles(ps, qb)
		for i := range ps {
			if l := math.Log(qb[i]) - math.Log(qa[i]); !math.IsNaN(l) {
				logs[i] = append(logs[i], l)
			}
		}
	}
	for i := range out {
		out[i].settle(logs[i], bootstrapWidth(min(len(first), len(second))))
	}
	return out
}

// summed takes consecutive requests of long runs together, as Collector does: what is drawn are then these.
func summed(runs []Requests) []Requests {
	out := make([]Requests, len(runs))
	for i, r := range runs {
		n := len(r)
		if n <= seriesTerms {
			out[i] = r
			continue
		}
		for k := range seriesSums {
			out[i] = append(out[i], slices.Concat(r[k*n/seriesSums:(k+1)*n/seriesSums]...))
		}
	}
	return out
}

// bootstrapWidth is by how much a percentile interval of resampled units is too narrow: their variance is short by the factor
// (k-1)/k, and it takes Student's t to allow for how it was estimated. Blocks that may begin anywhere are worth 1.5 times as
// many degrees of freedom as those that do not overlap (Meketon & Schmeiser, Winter Simulation Conference 1984).
func bootstrapWidth(runs int) float64 {
	units, freedom := float64(runs), float64(runs-1)
	if runs < FewestRuns {
		units = blocks * float64(runs)
		freedom = 1.5 * (units - 1)
	}
	if freedom < 1 {
		return 1
	}
	return StudentQuantile(freedom) / normalQuantile() * math.Sqrt(units/(units-1))
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

// settle sets the interval and the probability from the logarithms of resampled ratios.
func (c *Change) settle(logs []float64, width float64) {
	c.Interval = Interval{Low: 0, High: math.Inf(1), Level: Confidence}
	center := math.Log(c.Ratio)
	if len(logs) == 0 || math.IsNaN(center) {
		return
	}
	if math.IsInf(center, 0) { // one side failed too often for a number: its share of failures says whether that is chance
		c.bound(logs)
		return
	}
	i := spread(center, logs, width)
	c.Interval = Interval{Low: math.Exp(i.Low), High: math.Exp(i.High), Level: Confidence}
	// The normal tail that has its 5 % where the interval ends, because the share of draws beyond 0 cannot be corrected for
	// many tests: it is never small enough.
	end := i.Low
	if center < 0 {
		end = i.High
	}
	if z := math.Abs(center) / math.Abs(center-end) * normalQuantile(); z > 0 { // not NaN: no change, and none in any draw
		c.P = 2 * distuv.UnitNormal.CDF(-z)
	}
}

// bound leaves the one end that draws give of a ratio that failures reach on one side.
func (c *Change) bound(logs []float64) {
	slices.Sort(logs)
	tail := (1 - Confidence) / 2
	if low := math.Exp(NearestRank(logs, tail)); math.IsInf(c.Ratio, 1) && !math.IsInf(low, 1) {
		c.Interval.Low = low
	}
	if high := math.Exp(NearestRank(logs, 1-tail)); c.Ratio == 0 && high > 0 {
		c.Interval.High = high
	}
}

// pool is the values of several runs in ascending order, with the request that each is of.
type pool struct {
	runs   []Requests
	from   []int // number of the first request of each run
	values []float64
	owner  []int32
	count  []int32 // by request, how often it was drawn
}

func newPool(runs []Requests) *pool {
	p := &pool{runs: runs}
	type owned struct {
		value float64
		owner int32
	}
	var all []owned
	n := 0
	for _, r := range runs {
		p.from = append(p.from, n)
		for i, values := range r {
			for _, v := range values {
				all = append(all, owned{v, int32(n + i)})
			}
		}
		n += len(r)
	}
	slices.SortStableFunc(all, func(a, b owned) int { return cmp.Compare(a.value, b.value) })
	for _, o := range all {
		p.values, p.owner = append(p.values, o.value), append(p.owner, o.owner)
	}
	p.count = make([]int32, n)
	return p
}

// draw counts how often each request is drawn: as many blocks as hold as many requests, of runs drawn before where there are
// enough of them.
func (p *pool) draw(rng *rand.Rand) {
	clear(p.count)
	for k := range p.runs {
		if len(p.runs) >= FewestRuns {
			k = rng.IntN(len(p.runs))
		}
		n := len(p.runs[k])
		block := (n + blocks - 1) / blocks
		for left := n; left > 0; left -= block {
			at := rng.IntN(n)
			for i := range min(block, left) {
				p.count[p.from[k]+(at+i)%n]++
			}
		}
	}
}

// quantile is the nearest-rank quantile with every value counted as often as its request, once where count is nil; NaN
// without values.
func (p *pool) quantile(q float64, count []int32) float64 {
	if count == nil {
		if len(p.values) == 0 {
			return math.NaN()
		}
		return NearestRank(p.values, q)
	}
	out := [1]float64{}
	p.quantiles([]float64{q}, out[:])
	return out[0]
}

// quantiles sets out to the quantiles ps, ascending, of what was drawn.
func (p *pool) quantiles(ps, out []float64) {
	total := 0
	for _, o := range p.owner {
		total += int(p.count[o])
	}
	for i := range out {
		out[i] = math.NaN()
	}
	seen, next := 0, 0
	for i, o := range p.owner {
		seen += int(p.count[o])
		for next < len(ps) && total > 0 && float64(seen) >= math.Ceil(ps[next]*float64(total)-rankSlack) {
			out[next] = p.values[i]
			next++
		}
		if next == len(ps) {
			return
		}
	}
}

// sortedIndices are the places of values in ascending order.
func sortedIndices(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	return order
}
