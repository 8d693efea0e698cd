package compare

import "github.com/assaylab/assay/analysis/group"

// Statistic is a metric of one trial: NaN where its requests are too few, +Inf beyond the slowest success. Failures have none.
func Statistic(m Metric, t group.Trial) float64 {
	if m.Name == Throughput {
		return throughput(t)
	}
	return quantile([]group.Trial{t}, values(m.Name), m.Percentile)
}
