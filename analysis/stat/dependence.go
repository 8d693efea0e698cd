package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/combin"
	"gonum.org/v1/gonum/stat/distuv"
)

// doubt is the probability under independence below which a pattern is taken for
// dependence. Correcting for every chance pattern would widen intervals that need
// no widening: among 60 requests with 3 above the p95, two are neighbours in one
// run out of ten.
const doubt = 0.05

// EffectiveSamples is the number of independent samples that the runs are worth for
// the quantile at threshold. Each run holds the values of one trial in issue order.
//
// Two kinds of dependence shrink it. Values above the threshold that come in
// clusters inside a run (a queue that builds up) divide n by (1+r)/(1-r) for their
// lag-1 correlation r. Runs that differ in their share of such values by more than
// chance divide it by the variance ratio. Both corrections are made only where an
// exact or asymptotic test at 5 % finds the dependence.
func EffectiveSamples(runs [][]float64, threshold float64) int {
	n, inflation := 0, 1.0
	var above, count []float64
	for _, run := range runs {
		hits := exceedances(run, threshold)
		n += len(hits)
		above = append(above, float64(sum(hits)))
		count = append(count, float64(len(hits)))
	}
	if n == 0 {
		return 0
	}
	inflation = max(inflation, clusterInflation(runs, threshold))
	inflation = max(inflation, betweenRuns(above, count))
	return min(max(int(float64(n)/inflation), 1), n)
}

func exceedances(run []float64, threshold float64) []int {
	hits := make([]int, len(run))
	for i, v := range run {
		if v > threshold {
			hits[i] = 1
		}
	}
	return hits
}

func sum(xs []int) (total int) {
	for _, x := range xs {
		total += x
	}
	return total
}

// clusterInflation is (1+r)/(1-r), r the lag-1 correlation of the exceedances, the
// largest over the runs whose exceedances cluster more than chance lets them.
func clusterInflation(runs [][]float64, threshold float64) float64 {
	worst := 1.0
	for _, run := range runs {
		hits := exceedances(run, threshold)
		m, streaks := sum(hits), 0
		for i, h := range hits {
			if h == 1 && (i == 0 || hits[i-1] == 0) {
				streaks++
			}
		}
		if m < 2 || fewStreaks(len(hits), m, streaks) > doubt {
			continue
		}
		values := make([]float64, len(hits))
		for i, h := range hits {
			values[i] = float64(h)
		}
		r := min(max(lag1(values), 0), 0.99)
		worst = max(worst, (1+r)/(1-r))
	}
	return worst
}

// fewStreaks is the probability that m hits among n places, in random order, form
// at most k streaks (Wald & Wolfowitz 1940): of the C(n, m) orders,
// C(m-1, j-1) C(n-m+1, j) have j streaks.
func fewStreaks(n, m, k int) float64 {
	p := 0.0
	for j := 1; j <= min(k, n-m+1); j++ {
		p += math.Exp(logChoose(m-1, j-1) + logChoose(n-m+1, j) - logChoose(n, m))
	}
	return min(p, 1)
}

func logChoose(n, k int) float64 {
	return combin.LogGeneralizedBinomial(float64(n), float64(k))
}

// lag1 is the lag-1 autocorrelation, 0 for a constant series.
func lag1(xs []float64) float64 {
	if len(xs) < 3 {
		return 0
	}
	mean := 0.0
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	var num, den float64
	for i, x := range xs {
		den += (x - mean) * (x - mean)
		if i > 0 {
			num += (x - mean) * (xs[i-1] - mean)
		}
	}
	if den == 0 {
		return 0
	}
	return num / den
}

// betweenRuns is the variance of the runs' shares over the binomial one, 1 unless a
// chi-square test of homogeneity finds the runs different.
func betweenRuns(above, count []float64) float64 {
	var m, n float64
	for i := range above {
		m += above[i]
		n += count[i]
	}
	runs := float64(len(above))
	if runs < 2 || m == 0 || m == n {
		return 1
	}
	share, chi2 := m/n, 0.0
	for i := range above {
		if count[i] > 0 {
			d := above[i] - share*count[i]
			chi2 += d * d / (share * (1 - share) * count[i])
		}
	}
	if (distuv.ChiSquared{K: runs - 1}).Survival(chi2) > doubt {
		return 1
	}
	return max(chi2/(runs-1), 1)
}

// EffectiveClustered is the number of independent samples that pooled values are
// worth when each group (the token gaps of one request) hangs together: the binomial
// variance of the share above threshold over the variance estimated from the groups
// (the design effect; Kish, Survey Sampling, 1965). Without any value above, it is
// the number of groups.
func EffectiveClustered(groups [][]float64, threshold float64) int {
	var total, above, used float64
	for _, g := range groups {
		if len(g) == 0 {
			continue
		}
		used++
		total += float64(len(g))
		above += float64(sum(exceedances(g, threshold)))
	}
	if used < 2 || above == 0 || above == total {
		return int(used)
	}
	share, ss := above/total, 0.0
	for _, g := range groups {
		d := float64(sum(exceedances(g, threshold))) - share*float64(len(g))
		ss += d * d
	}
	variance := used / (used - 1) * ss / (total * total)
	if variance == 0 {
		return int(total)
	}
	return int(min(max(share*(1-share)/variance, 1), total))
}
