package simulate

import (
	"encoding/json"
	"math"
)

// Histogram counts times in buckets that grow with them: each is at most 1/256 wide, of what it holds. The zero value is empty.
type Histogram struct {
	counts   []int64
	n        int64
	infinite int64
	sum      int64 // nanoseconds, of the finite ones
}

// Bits of a float's mantissa that tell buckets apart.
const bucketBits = 8

func bucket(ns int64) int { return int(math.Float64bits(float64(ns)) >> (52 - bucketBits)) }

// firstBucket is that of 1 ns; shorter ones are in it.
var firstBucket = bucket(1)

// Add counts a time so many times.
func (h *Histogram) Add(ns, times int64) {
	i := bucket(max(ns, 1)) - firstBucket
	for len(h.counts) <= i {
		h.counts = append(h.counts, make([]int64, i+1-len(h.counts)+1<<bucketBits)...)
	}
	h.counts[i] += times
	h.n += times
	h.sum += ns * times
}

// AddInfinite counts what never came.
func (h *Histogram) AddInfinite() { h.n++; h.infinite++ }

// Merge adds another one's counts.
func (h *Histogram) Merge(o *Histogram) {
	if n := len(o.counts) - len(h.counts); n > 0 {
		h.counts = append(h.counts, make([]int64, n)...)
	}
	for i, c := range o.counts {
		h.counts[i] += c
	}
	h.n, h.infinite, h.sum = h.n+o.n, h.infinite+o.infinite, h.sum+o.sum
}

// Percentile is the middle of the bucket with the nearest rank; infinite where that never came, NaN where there are none.
func (h *Histogram) Percentile(p float64) float64 {
	if h.n == 0 {
		return math.NaN()
	}
	rank, seen := max(1, int64(math.Ceil(p*float64(h.n)))), int64(0)
	for i, c := range h.counts {
		if seen += c; seen >= rank {
			return middle(i)
		}
	}
	return math.Inf(1)
}

// middle of a bucket.
func middle(i int) float64 {
	low := math.Float64frombits(uint64(i+firstBucket) << (52 - bucketBits))
	high := math.Float64frombits(uint64(i+1+firstBucket) << (52 - bucketBits))
	return (low + high) / 2
}

// Mean is of the finite ones, exact.
func (h *Histogram) Mean() float64 {
	if h.n == h.infinite {
		return math.NaN()
	}
	return float64(h.sum) / float64(h.n-h.infinite)
}

// Spread is the histogram's percentiles.
func (h *Histogram) Spread() Spread {
	return Spread{N: int(h.n), Mean: h.Mean(), P50: h.Percentile(.5), P95: h.Percentile(.95), P99: h.Percentile(.99)}
}

// MarshalJSON has -1 where a figure is infinite or there is none.
func (s Spread) MarshalJSON() ([]byte, error) {
	type plain Spread
	for _, p := range []*float64{&s.Mean, &s.P50, &s.P95, &s.P99} {
		*p = finite(*p)
	}
	return json.Marshal(plain(s))
}
