package stat

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Sorted returns the values in ascending order, +Inf last. The argument is kept.
func Sorted(values []float64) []float64 {
	s := slices.Clone(values)
	slices.Sort(s)
	return s
}

// rankSlack keeps p*n that is a whole number but for rounding (0.95*60) from being
// counted as the next one. It is far below 1/n for any sample that fits in memory.
const rankSlack = 1e-9

// NearestRank is the p-quantile by the nearest-rank rule: the smallest value with at
// least a share p of the values at or below it. sorted is ascending and not empty,
// p is in (0, 1].
func NearestRank(sorted []float64, p float64) float64 {
	return sorted[Rank(len(sorted), p)]
}

// Rank is where, from 0, the nearest-rank p-quantile stands among n > 0 values in ascending order.
func Rank(n int, p float64) int {
	r := int(math.Ceil(p*float64(n) - rankSlack))
	return min(max(r, 1), n) - 1
}

// Floor is the least number of samples for which the largest one is an upper bound
// of the p-quantile at one-sided confidence level: 1 - p^n >= level. Below it no
// number may be printed for the percentile.
func Floor(p, level float64) int {
	p = max(p, 1-p)
	return int(math.Ceil(math.Log1p(-level)/math.Log(p) - rankSlack))
}

// Quantile is a nearest-rank percentile with its intervals. Both are distribution
// free; they follow from the binomial count of samples below the true percentile.
type Quantile struct {
	P            float64
	Value        float64
	N            int
	Effective    int      // independent samples that N are worth
	Conservative Interval // between order statistics: covers at least Level; judge by it
	Shown        Interval // Nyblom's interpolation of them: covers about Level; show it
	Insufficient bool     // fewer samples than the floor: print no number
}

// QuantileRanks are the ranks that NewQuantileOf looks at, for an Order to fetch.
func QuantileRanks(n int, p float64, effective int) []int {
	w := &wishes{n: n}
	NewQuantileOf(w, p, effective)
	return w.ranks
}

// NewQuantileOf computes the p-quantile of sorted (+Inf for failures), of which effective samples
// count as independent (0 < effective <= sorted.Len()).
//
// The interval is two-sided at 95 %. Between the one-sided and the two-sided floor
// (59 and 72 samples for p95) the samples give no upper end at that level, and the
// interval falls back to 90 %, whose ends are 95 % one-sided bounds each. Where the
// effective samples are below the floor the upper end is infinite.
func NewQuantileOf(sorted Ordered, p float64, effective int) Quantile {
	q := Quantile{P: p, N: sorted.Len(), Effective: effective}
	if q.N < Floor(p, Confidence) {
		q.Insufficient = true
		return q
	}
	q.Value = sorted.At(Rank(q.N, p))
	level := Confidence
	if effective >= Floor(p, Confidence) && effective < Floor(p, (1+Confidence)/2) {
		level = 2*Confidence - 1
	}
	q.Conservative = orderInterval(sorted, p, effective, level)
	q.Shown = nyblomInterval(sorted, p, effective, level)
	return q
}

// atLeast is the probability that at least r of n samples lie at or below the true
// p-quantile: P(Binomial(n, p) >= r) = I_p(r, n-r+1).
func atLeast(r, n int, p float64) float64 {
	switch {
	case r <= 0:
		return 1
	case r > n:
		return 0
	}
	return mathext.RegIncBeta(float64(r), float64(n-r+1), p)
}

// lastRank is the largest r in [0, n] with atLeast(r) >= beta. atLeast falls in r.
func lastRank(n int, p, beta float64) int {
	low, high := 0, n+1 // atLeast(low) >= beta > atLeast(high)
	for high-low > 1 {
		mid := (low + high) / 2
		if atLeast(mid, n, p) >= beta {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// orderInterval is the narrowest pair of order statistics with at most half of
// 1 - level outside on either side (David & Nagaraja, Order Statistics, 7.1).
func orderInterval(sorted Ordered, p float64, n int, level float64) Interval {
	tail := (1 - level) / 2
	scale := float64(sorted.Len()) / float64(n)
	i := Interval{Low: math.Inf(-1), High: math.Inf(1), Level: level}
	if r := lastRank(n, p, 1-tail); r >= 1 {
		i.Low = sorted.At(max(int(float64(r)*scale), 1) - 1)
	}
	if s := lastRank(n, p, tail) + 1; s <= n {
		i.High = sorted.At(min(int(math.Ceil(float64(s)*scale-rankSlack)), sorted.Len()) - 1)
	}
	return i
}

// nyblomInterval interpolates between neighbouring order statistics so that the
// coverage is close to level instead of at least level (Nyblom 1992, Note on
// interpolated order statistics, Statistics & Probability Letters 14).
func nyblomInterval(sorted Ordered, p float64, n int, level float64) Interval {
	tail := (1 - level) / 2
	scale := float64(sorted.Len()) / float64(n)
	i := Interval{Low: math.Inf(-1), High: math.Inf(1), Level: level}
	if pos, ok := nyblomPosition(n, p, 1-tail); ok {
		i.Low = atPosition(sorted, pos*scale)
	}
	if pos, ok := nyblomPosition(n, p, tail); ok {
		i.High = atPosition(sorted, pos*scale)
	}
	return i
}

// nyblomPosition is the fractional rank whose value is at or below the p-quantile
// with probability beta; false where that rank is before the first sample or after
// the last.
//
// Given that exactly r of n samples lie below the quantile, the gaps to its left and
// right neighbour are about exponential with means p/r and (1-p)/(n-r) in units of
// the reciprocal density, and the weight follows from the ratio of the two.
func nyblomPosition(n int, p, beta float64) (float64, bool) {
	r := lastRank(n, p, beta)
	if r < 1 || r >= n {
		return 0, false
	}
	at, next := atLeast(r, n, p), atLeast(r+1, n, p)
	if at <= beta {
		return float64(r), true
	}
	odds := float64(r) * (1 - p) * (beta - next) / (float64(n-r) * p * (at - beta))
	return float64(r) + 1/(1+odds), true
}

// atPosition reads sorted at a fractional rank from 1, linearly between neighbours.
func atPosition(sorted Ordered, pos float64) float64 {
	pos = min(max(pos, 1), float64(sorted.Len()))
	whole, part := math.Modf(pos)
	low := sorted.At(int(whole) - 1)
	if part == 0 {
		return low
	}
	high := sorted.At(int(whole))
	if math.IsInf(high, 1) {
		return high
	}
	return low + part*(high-low)
}
