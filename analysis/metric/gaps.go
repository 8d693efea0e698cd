package metric

import (
	"math"
	"slices"

	"github.com/assaylab/assay/loadgen/result"
)

// Pooled is a metric with several values per request, pooled over requests.
type Pooled struct {
	Name   string
	Append func(dst []float64, r *result.Request) []float64 // appends the values of a request
}

// Of is the values of a request.
func (p Pooled) Of(r *result.Request) []float64 { return p.Append(nil, r) }

// PooledGaps lists the metrics of several values per request.
func PooledGaps() []Pooled {
	return []Pooled{{"itl", AppendITL}, {"chunk_gap", AppendChunkGaps}}
}

// ITL returns the gap of every token after the first message: a message of k tokens
// that comes g after the one before it counts g/k, k times.
//
// A failed request keeps the gaps it had and adds an infinite one for each token
// that it was asked for and that never came, at least one, so that failing early
// does not improve the pool.
func ITL(r *result.Request) []float64 { return AppendITL(nil, r) }

// AppendITL appends what ITL returns.
func AppendITL(gaps []float64, r *result.Request) []float64 {
	gaps = slices.Grow(gaps, len(r.Events))
	for i := 1; i < len(r.Events); i++ {
		e := &r.Events[i]
		gap := float64(e.At - r.Events[i-1].At)
		if e.Tokens == 1 {
			gaps = append(gaps, gap)
			continue
		}
		share := gap / float64(max(e.Tokens, 1))
		for range e.Tokens {
			gaps = append(gaps, share)
		}
	}
	if Failed(r) {
		for range max(r.AskedOutput-StreamedTokens(r), 1) {
			gaps = append(gaps, math.Inf(1))
		}
	}
	return gaps
}

// AppendChunkGaps appends the raw gaps between messages, whatever the number of tokens in
// them. A failed request adds one infinite gap: the message that never came.
func AppendChunkGaps(gaps []float64, r *result.Request) []float64 {
	gaps = slices.Grow(gaps, len(r.Events))
	for i := 1; i < len(r.Events); i++ {
		gaps = append(gaps, float64(r.Events[i].At-r.Events[i-1].At))
	}
	if Failed(r) {
		gaps = append(gaps, math.Inf(1))
	}
	return gaps
}
