package steady

import (
	"math"

	gonum "gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assaylab/assay/analysis/stat"
)

// autocorrelation is that at lags 1 to n-1, about the mean; nil for a constant series.
func autocorrelation(values []float64) []float64 {
	mean, total := gonum.Mean(values, nil), 0.0
	for _, v := range values {
		total += (v - mean) * (v - mean)
	}
	if total == 0 || len(values) < 2 {
		return nil
	}
	out := make([]float64, len(values)-1)
	for lag := range out {
		for i := lag + 1; i < len(values); i++ {
			out[lag] += (values[i] - mean) * (values[i-lag-1] - mean) / total
		}
	}
	return out
}

// lag1 is the first of them alone.
func lag1(values []float64) float64 {
	mean, total, next := gonum.Mean(values, nil), 0.0, 0.0
	for i, v := range values {
		total += (v - mean) * (v - mean)
		if i > 0 {
			next += (v - mean) * (values[i-1] - mean)
		}
	}
	if total == 0 {
		return 0
	}
	return next / total
}

// inflation is by how much autocorrelation r at lags 1, 2, ... of the ranks multiplies
// the variance of Kendall's S (Hamed & Rao, J. Hydrology 204, 1998, equation 12).
func inflation(n int, r func(lag int) float64) float64 {
	sum, m := 0.0, float64(n)
	for lag := 1; lag < n; lag++ {
		k := float64(n - lag)
		sum += k * (k - 1) * (k - 2) * r(lag)
	}
	return 1 + 2*sum/(m*(m-1)*(m-2))
}

// significantRanks is Hamed and Rao's own factor: of a series without its trend, the
// correlations of the ranks that are significant at 5 %, and no others.
func significantRanks(detrended []float64) float64 {
	n := len(detrended)
	bound := distuv.UnitNormal.Quantile(0.975) / math.Sqrt(float64(n))
	r := autocorrelation(stat.MidRanks(detrended))
	return inflation(n, func(lag int) float64 {
		if lag > len(r) || math.Abs(r[lag-1]) <= bound {
			return 0
		}
		return r[lag-1]
	})
}

// firstOrder is the factor of an autoregression of the first order with the lag-1
// correlation of the series. In a series of n from which a line was taken that
// correlation comes out too small by about (2+4r)/n (Kendall, Biometrika 41, 1954; a
// mean alone takes (1+3r)/n), which is put back: with a dozen batches it decides
// between one false alarm in twenty and one in a hundred.
func firstOrder(detrended []float64) float64 {
	n := len(detrended)
	if n < 6 {
		return 1
	}
	phi := min((float64(n)*lag1(detrended)+2)/float64(n-4), 0.95)
	if phi <= 0 {
		return 1
	}
	return inflation(n, func(lag int) float64 { // of ranks, for normal values
		return 6 / math.Pi * math.Asin(math.Pow(phi, float64(lag))/2)
	})
}

// dependence is the larger of the two factors, at least 1: correlation that makes a
// series smoother than chance earns no smaller variance here.
func dependence(detrended []float64) float64 {
	if len(detrended) < 3 {
		return 1
	}
	return max(1, significantRanks(detrended), firstOrder(detrended))
}
