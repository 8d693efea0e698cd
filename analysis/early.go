package analysis

import "github.com/assaylab/assay/analysis/stat"

// Early is what MLPerf's early stopping says of a limit's percentile, whatever rule the limit is judged by.
type Early struct {
	Bound    Value // the percentile is below it with 99 % confidence; Insufficient where NeedMore is not 0
	Discard  int   // requests that are slower than Bound and left out
	NeedMore int   // further requests until there is a bound
}

func early(order *stat.Order, finite int, p float64) Early {
	e := stat.NewEarlyStop(order, p)
	v := Value{Unit: "ns", N: order.Len(), Level: stat.EarlyConfidence, Estimate: e.Bound, Low: e.Bound, High: e.Bound}
	switch {
	case e.NeedMore > 0:
		v = Value{Unit: "ns", N: order.Len(), Note: Insufficient}
	case !v.Known():
		v.Note, v.Beyond = BeyondOK, slowest(order, finite)
	}
	return Early{Bound: v, Discard: e.Discard, NeedMore: e.NeedMore}
}
