package steady

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Trend is the answer of a test for one.
type Trend struct {
	S         float64 // Kendall's: pairs that rise less pairs that fall
	Variance  float64 // of S without a trend, autocorrelation included
	Inflation float64 // what autocorrelation multiplied it by
	P         float64 // two-sided
	Slope     float64 // median of the slopes of all pairs, per step (Theil 1950; Sen, JASA 63, 1968)
}

// MannKendall tests for a trend of any shape that does not turn (Mann, Econometrica 13,
// 1945), its variance multiplied by what the autocorrelation of the series without its
// trend makes of it. Fewer than four values have no trend: P is 1. Where the variance had to
// be estimated for that, P is that of Student's t with as many degrees of freedom as the
// values are worth independent ones, less the two of a line: with a dozen values the normal
// tail is half as long as it must be.
func MannKendall(values []float64) Trend {
	t := mannKendall(values, dependence)
	if t.Inflation > 1 && t.S != 0 {
		z := (math.Abs(t.S) - 1) / math.Sqrt(t.Variance)
		freedom := max(float64(len(values))/t.Inflation-2, 1)
		t.P = min(1, 2*distuv.StudentsT{Sigma: 1, Nu: freedom}.Survival(z))
	}
	return t
}

func mannKendall(values []float64, factor func(detrended []float64) float64) Trend {
	n := len(values)
	t := Trend{P: 1, Inflation: 1}
	if n < 4 {
		return t
	}
	t.S, t.Slope = kendall(values), sen(values)
	detrended := make([]float64, n)
	for i, v := range values {
		detrended[i] = v - t.Slope*float64(i)
	}
	t.Inflation = factor(detrended)
	t.Variance = variance(values) * t.Inflation
	if t.Variance > 0 && t.S != 0 {
		z := (math.Abs(t.S) - 1) / math.Sqrt(t.Variance) // 1 for continuity: S moves in steps of 2
		t.P = min(1, 2*distuv.UnitNormal.CDF(-z))
	}
	return t
}

func kendall(values []float64) (s float64) {
	for i, v := range values {
		for _, w := range values[i+1:] {
			switch {
			case w > v:
				s++
			case w < v:
				s--
			}
		}
	}
	return s
}

// variance of S under independence, less what ties take (Kendall, Rank Correlation
// Methods, 1975).
func variance(values []float64) float64 {
	term := func(k int) float64 { return float64(k) * float64(k-1) * float64(2*k+5) }
	v := term(len(values))
	sorted := slices.Sorted(slices.Values(values))
	for from := 0; from < len(sorted); {
		to := from
		for to < len(sorted) && sorted[to] == sorted[from] {
			to++
		}
		v -= term(to - from)
		from = to
	}
	return v / 18
}

func sen(values []float64) float64 {
	var slopes []float64
	for i, v := range values {
		for j := i + 1; j < len(values); j++ {
			slopes = append(slopes, (values[j]-v)/float64(j-i))
		}
	}
	return median(slopes)
}
