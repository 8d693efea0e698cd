package steady

import (
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/stat"
)

// Shift is the answer of a test for a jump from one level to another.
type Shift struct {
	K         float64 // Pettitt's: the largest difference of ranks before and after
	P         float64
	At        int     // values before the jump
	Inflation float64 // what autocorrelation multiplied the variance of K by
}

// Pettitt tests for one jump at an unknown place (Applied Statistics 28, 1979), its
// statistic divided by the root of what autocorrelation multiplies its variance by. Its
// probability is the asymptotic one, which is never too small.
func Pettitt(values []float64) Shift {
	n := len(values)
	s := Shift{P: 1, Inflation: 1}
	if n < 4 {
		return s
	}
	u := 0.0
	for i, r := range stat.MidRanks(values)[:n-1] {
		if u += 2*r - float64(n+1); math.Abs(u) > s.K {
			s.K, s.At = math.Abs(u), i+1
		}
	}
	if s.K == 0 {
		return s
	}
	s.Inflation = dependence(levelled(values, s.At))
	k, m := s.K*s.K/s.Inflation, float64(n)
	s.P = min(1, 2*math.Exp(-6*k/(m*m*m+m*m)))
	return s
}

// levelled takes each side's own median from it.
func levelled(values []float64, at int) []float64 {
	out := slices.Clone(values)
	for _, side := range [][]float64{out[:at], out[at:]} {
		level := median(side)
		for i := range side {
			side[i] -= level
		}
	}
	return out
}

// jumps says whether a step fits values better than a straight line does.
func jumps(values []float64, at int, slope float64) bool {
	line := make([]float64, len(values))
	for i, v := range values {
		line[i] = v - slope*float64(i)
	}
	return misfit(levelled(values, at)) < misfit(levelled(line, len(line)))
}

// misfit is the sum of absolute values: of residuals, in which an outlier counts once.
func misfit(residuals []float64) (sum float64) {
	for _, r := range residuals {
		sum += math.Abs(r)
	}
	return sum
}
