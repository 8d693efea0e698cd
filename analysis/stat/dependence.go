package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/combin"
)

// doubt is the probability under independence below which a pattern is taken for
// dependence. Correcting for every chance pattern would widen intervals that need
// no widening: among 60 requests with 3 above the p95, two are neighbours in one
// run out of ten.
const doubt = 0.05

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
		r := min(max(correlation([][]float64{values}, 1), 0), mostCorrelated)
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
