package stat

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Change is a positive statistic of one system relative to the same of another.
type Change struct {
	Ratio    float64  // second over first; NaN where neither has a value
	Interval Interval // of the ratio
	P        float64  // two-sided, of a ratio of 1
	Runs     int      // of the side that has fewer
	Adjusted bool     // a covariate was taken out: the ratio is that at equal values of it
	Within   bool     // the interval holds for these runs: how much runs differ from each other is not in it
}

// PairedRuns is the change of a statistic that was taken once in each of several pairs of runs, by Student's t over the
// logarithms of the ratios. A run, not a request, is the unit: neighbouring requests share what made the run fast or
// slow. False is returned with fewer than three pairs, or where a value is not positive and finite.
func PairedRuns(first, second []float64) (Change, bool) {
	d, ok := logRatios(first, second)
	if !ok {
		return Change{}, false
	}
	mean, sd := stat.MeanStdDev(d, nil)
	return studentChange(mean, sd/math.Sqrt(float64(len(d))), float64(len(d)-1), len(d)), true
}

// SeparateRuns is PairedRuns for runs that are no pairs, by Welch's t (Biometrika 34, 1947).
func SeparateRuns(first, second []float64) (Change, bool) {
	if min(len(first), len(second)) < FewestRuns {
		return Change{}, false
	}
	m1, v1 := logMoments(first)
	m2, v2 := logMoments(second)
	v1, v2 = v1/float64(len(first)), v2/float64(len(second))
	if x := m1 + m2 + v1 + v2; math.IsNaN(x) || math.IsInf(x, 0) {
		return Change{}, false
	}
	freedom := float64(len(first) + len(second) - 2) // of no variance at all
	if v1+v2 > 0 {
		freedom = (v1 + v2) * (v1 + v2) / (v1*v1/float64(len(first)-1) + v2*v2/float64(len(second)-1))
	}
	return studentChange(m2-m1, math.Sqrt(v1+v2), freedom, min(len(first), len(second))), true
}

func logMoments(values []float64) (mean, variance float64) {
	logs := make([]float64, len(values))
	for i, v := range values {
		logs[i] = math.Log(v)
	}
	return stat.MeanVariance(logs, nil)
}

// studentChange is the change with the logarithm mean and its standard error.
func studentChange(mean, se, freedom float64, runs int) Change {
	c := Change{Ratio: math.Exp(mean), P: 1, Runs: runs}
	half := StudentQuantile(freedom) * se
	c.Interval = Interval{Low: math.Exp(mean - half), High: math.Exp(mean + half), Level: Confidence}
	if mean != 0 {
		c.P = 2 * distuv.StudentsT{Sigma: 1, Nu: freedom}.CDF(-math.Abs(mean)/max(se, math.SmallestNonzeroFloat64))
	}
	return c
}

// Holm adjusts probabilities of several tests for their number, in the order given: a result of at most alpha keeps the
// probability of any false alarm among all of them to alpha (Holm, Scand. J. Statist. 6, 1979).
func Holm(p []float64) []float64 {
	order := sortedIndices(p)
	adjusted, least := make([]float64, len(p)), 0.0
	for rank, i := range order {
		least = max(least, min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = least
	}
	return adjusted
}
