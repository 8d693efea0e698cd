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

// QuantileChanges are the changes of quantiles from one system to another, each measured in runs of requests, by the bootstrap
// that Ratio explains: of blocks of neighbouring requests, and with several runs of the runs before. Paired are runs
// of the same requests at the same times, of which the same ones are drawn on both sides, so that what makes a
// request slow on both does not count as a difference.
func QuantileChanges(first, second []Requests, ps []float64, paired bool, draws int, rng *rand.Rand) []Change {
	a, b := newPool(summed(first)), newPool(summed(second))
	out, logs := make([]Change, len(ps)), make([][]float64, len(ps))
	for i, p := range ps {
		out[i] = Change{Ratio: b.quantile(p, nil) / a.quantile(p, nil), P: 1, Runs: min(len(first), len(second)), Within: true}
	}
	block := max(a.blockLength(ps), b.blockLength(ps))
	qa, qb := make([]float64, len(ps)), make([]float64, len(ps))
	for range draws {
		a.draw(block, rng)
		if paired {
			copy(b.count, a.count)
		} else {
			b.draw(block, rng)
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
		out[i].settle(logs[i], bootstrapWidth(a.runs, block))
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

// bootstrapWidth is what widen does, for runs of requests.
func bootstrapWidth(runs []Requests, block int) float64 {
	if len(runs) != 1 || len(runs[0]) < 2 {
		return 1
	}
	n := float64(len(runs[0]))
	return math.Sqrt(n / max(1, n-float64(block)))
}

// settle sets the interval and the probability from the logarithms of resampled ratios.
func (c *Change) settle(logs []float64, width float64) {
	c.Interval = Interval{Low: 0, High: math.Inf(1), Level: Confidence}
	center := math.Log(c.Ratio)
	if len(logs) == 0 || math.IsNaN(center) {
		return
	}
	if math.IsInf(center, 0) { // one side failed too often for a number: what its share of failures says is the answer
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

// draw counts how often each request is drawn: as many blocks as hold as many requests, of runs drawn before.
func (p *pool) draw(block int, rng *rand.Rand) {
	clear(p.count)
	for k := range p.runs {
		if len(p.runs) > 1 {
			k = rng.IntN(len(p.runs))
		}
		n := len(p.runs[k])
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

// blockLength is the longest that any of the quantiles asks for, of the series of how many values of a request lie above it.
func (p *pool) blockLength(ps []float64) int {
	longest := 1
	for _, q := range ps {
		threshold := p.quantile(q, nil)
		for _, r := range p.runs {
			if len(r) == 0 {
				continue
			}
			longest = max(longest, blockLength(above(r, threshold), 1-q))
		}
	}
	return longest
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

// sortedIndices are the places of values in ascending order.
func sortedIndices(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	return order
}
