package stat

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// fewestAdjusted is the least number of pairs that a covariate is taken out of: its slope costs one of their degrees of freedom.
const fewestAdjusted = 8

// AdjustedPairs is PairedRuns with what a covariate explains taken out: the change between two runs in which it is equal. first and second
// hold its values in the runs, such as the share of processor time that a hypervisor took. The logarithms of the ratios are
// regressed on the differences of the covariate, and the change is the intercept (analysis of covariance: Cochran, Biometrics
// 13, 1957). A build that changes the covariate itself would hide behind it, so it has to be something that no build can change.
//
// False is returned with fewer than eight pairs, where the covariate does not vary, and where PairedRuns has no answer.
func AdjustedPairs(first, second, covariate1, covariate2 []float64) (Change, bool) {
	d, ok := logRatios(first, second)
	n := float64(len(d))
	if !ok || len(d) < fewestAdjusted || len(covariate1) < len(d) || len(covariate2) < len(d) {
		return Change{}, false
	}
	x := make([]float64, len(d))
	for i := range x {
		x[i] = covariate2[i] - covariate1[i]
	}
	centre, variance := stat.MeanVariance(x, nil)
	if !(variance > 0) || math.IsInf(variance, 0) {
		return Change{}, false
	}
	intercept, slope := stat.LinearRegression(x, d, nil, false)
	squares := 0.0
	for i := range d {
		r := d[i] - intercept - slope*x[i]
		squares += r * r
	}
	se := math.Sqrt(squares / (n - 2) * (1/n + centre*centre/(variance*(n-1))))
	c := studentChange(intercept, se, n-2, len(d))
	c.Adjusted = true
	return c, true
}

// logRatios are the logarithms of second over first; false with fewer than FewestRuns, or where a value is not positive and
// finite.
func logRatios(first, second []float64) ([]float64, bool) {
	d := make([]float64, min(len(first), len(second)))
	for i := range d {
		d[i] = math.Log(second[i]) - math.Log(first[i])
		if math.IsNaN(d[i]) || math.IsInf(d[i], 0) {
			return nil, false
		}
	}
	return d, len(d) >= FewestRuns
}
