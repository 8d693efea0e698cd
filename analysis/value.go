package analysis

import (
	"math"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/stat"
)

// Notes of a Value that has no number to print.
const (
	Insufficient = "insufficient"               // fewer samples than the percentile needs
	BeyondOK     = "beyond the slowest success" // failures reach the percentile
	NotMeasured  = "not measured"
	NotPriced    = "no price"
	NotStated    = "not stated"
	NotGiven     = "not given" // by the system under test
)

// Known says whether a value has a finite number.
func (v Value) Known() bool {
	return v.Note == "" && !math.IsNaN(v.Estimate) && !math.IsInf(v.Estimate, 0)
}

// ratioValue turns an estimate of a quantity that cannot be negative
// into a Value.
func ratioValue(e stat.RatioEstimate, n int, unit string) Value {
	v := Value{N: n, Unit: unit, Level: stat.Confidence}
	switch {
	case math.IsNaN(e.Value):
		v.Note = NotMeasured
	case math.IsInf(e.Value, 0):
		v.Estimate, v.Low, v.High = e.Value, e.Value, e.Value
		v.Note = "no mean: some requests failed"
	default:
		v.Estimate, v.Low, v.High = e.Value, max(e.Interval.Low, 0), e.Interval.High
	}
	return v
}

func currencySign(currency string) string {
	if currency == "" || currency == "USD" {
		return "$"
	}
	return currency
}

func moneyUnit(currency string) string { return currencySign(currency) + "/Mtok" }

func moneyValue(e cost.Estimate, unit string, n int) Value {
	return Value{Estimate: e.Value, Low: e.Low, High: e.High, Level: stat.Confidence, N: n, Unit: unit}
}

// Percentile finds the percentile p of a metric of a cell; false where the cell does
// not quote it.
func (c *Cell) Percentile(name string, p float64) (PercentileValue, bool) {
	for _, m := range c.Metrics {
		if m.Metric != name {
			continue
		}
		for _, q := range m.Quoted {
			if q.P == p {
				return q, true
			}
		}
	}
	return PercentileValue{}, false
}
