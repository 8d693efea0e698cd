package steady

import (
	gonum "gonum.org/v1/gonum/stat"

	"github.com/assaylab/assay/analysis/stat"
)

// batchSize is the five of MSER-5: enough to smooth single requests, few enough to
// find a warm-up of a handful.
const batchSize = 5

// mostBatches bounds the tests that look at all pairs of batches.
const mostBatches = 200

// sizeOf is batchSize, or more where that would make more than mostBatches.
func sizeOf(n int) int { return max(batchSize, (n+mostBatches-1)/mostBatches) }

// batches are the means of each size neighbours; an incomplete last batch is left out.
func batches(values []float64, size int) []float64 {
	out := make([]float64, 0, len(values)/size)
	for ; len(values) >= size; values = values[size:] {
		out = append(out, gonum.Mean(values[:size], nil))
	}
	return out
}

// median is 0 without values.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	n := len(values)
	s := stat.Chosen(values, (n-1)/2, n/2)
	if n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[n/2]
}

// thirds are the medians of the first and the last third.
func thirds(values []float64) (first, last float64) {
	k := max(len(values)/3, min(len(values), 1))
	return median(values[:k]), median(values[len(values)-k:])
}
