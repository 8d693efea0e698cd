package compare

import "github.com/assaylab/assay/analysis/group"

// Statistics are metrics of one trial, from one walk over its requests: NaN where these are too few, +Inf beyond the slowest success.
// Failures have none.
func Statistics(metrics []Metric, t group.Trial) ([]float64, error) {
	s, out := newSide([]group.Trial{t}, metrics), make([]float64, len(metrics))
	for i, m := range metrics {
		if m.Name == Throughput {
			out[i] = s.throughput(0)
		} else {
			out[i] = s.quantile(m, 0)
		}
	}
	return out, s.err()
}
