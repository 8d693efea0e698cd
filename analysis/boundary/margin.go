package boundary

import (
	"iter"
	"math"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// MarginOf is the margin of a limit over the requests of one trial. A failed request is beyond every limit. False is
// returned where no request has such a quantity.
func MarginOf(s record.SLO, requests iter.Seq[*result.Request]) (Margin, bool) {
	var values []float64
	for r := range requests {
		if v, ok := metric.Judged(s, r); ok {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Margin{Value: Most}, false
	}
	values = stat.Sorted(values)
	limit := float64(s.LimitNS)
	// One standard error of the count below the percentile, to either side.
	step := math.Sqrt(s.Percentile * (1 - s.Percentile) / float64(len(values)))
	low, high := stat.NearestRank(values, max(s.Percentile-step, 0)), stat.NearestRank(values, min(s.Percentile+step, 1))
	return Margin{
		Value: margin(limit, stat.NearestRank(values, s.Percentile)),
		SE:    (margin(limit, low) - margin(limit, high)) / 2,
	}, true
}

func margin(limit, value float64) float64 {
	return min(max(math.Log(limit/value), -Most), Most)
}
