package analysis

import (
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// Early is what MLPerf's early stopping says of a limit's percentile, whatever rule the limit is judged by.
type Early struct {
	Bound    Value // the percentile is below it with 99 % confidence; Insufficient where NeedMore is not 0
	Discard  int   // requests that are slower than Bound and left out
	NeedMore int   // further requests until there is a bound
}

func early(c *group.Cell, s record.SLO) Early {
	var all []float64
	for r := range c.All() {
		if v, ok := metric.Judged(s, r); ok {
			all = append(all, v)
		}
	}
	all = stat.Sorted(all)
	e := stat.NewEarlyStop(all, s.Percentile)
	v := Value{Unit: "ns", N: len(all), Level: stat.EarlyConfidence, Estimate: e.Bound, Low: e.Bound, High: e.Bound}
	switch {
	case e.NeedMore > 0:
		v = Value{Unit: "ns", N: len(all), Note: Insufficient}
	case !v.Known():
		v.Note, v.Beyond = BeyondOK, slowest(all)
	}
	return Early{Bound: v, Discard: e.Discard, NeedMore: e.NeedMore}
}
