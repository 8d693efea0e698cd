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

// streaks counts the values above a threshold, and how many times one follows another value.
func streaks(run []float64, threshold float64) (hits, streaks int) {
	before := 0
	for _, v := range run {
		above := 0
		if v > threshold {
			above = 1
		}
		hits += above
		streaks += above &^ before
		before = above
	}
	return hits, streaks
}

// clusterInflation is (1+r)/(1-r), r the lag-1 correlation of the exceedances, the
// largest over the runs whose exceedances cluster more than chance lets them.
func clusterInflation(runs [][]float64, threshold float64) float64 {
	worst := 1.0
	for _, run := range runs {
		hits, streaks := streaks(run, threshold)
		if hits < 2 || fewStreaks(len(run), hits, streaks) > doubt {
			continue
		}
		r := min(max(correlation(exceedances(run, threshold), 1), 0), mostCorrelated)
		worst = max(worst, (1+r)/(1-r))
	}
	return worst
}

// exceedances are 1 for each value above a threshold.
func exceedances(run []float64, threshold float64) []float64 {
	hits := make([]float64, len(run))
	for i, v := range run {
		if v > threshold {
			hits[i] = 1
		}
	}
	return hits
}

// fewStreaks is the probability that m hits among n places, in random order, form
// at most k streaks (Wald & Wolfowitz 1940): of the C(n, m) orders,
// C(m-1, j-1) C(n-m+1, j) have j streaks.
//
// The terms fall away fast on either side of the largest, so those that a sum of doubles cannot tell are left out: of
// millions of requests a few thousand are left.
func fewStreaks(n, m, k int) float64 {
	k = min(k, m, n-m+1)
	if k < 1 {
		return 0
	}
	// The ratio of a term to the one before it falls in j and passes 1 at the largest, near m (n-m+1) / (n+1).
	at := min(k, max(1, int(float64(m)*float64(n-m+1)/float64(n+1))))
	largest := math.Exp(logChoose(m-1, at-1) + logChoose(n-m+1, at) - logChoose(n, m))
	up := func(j int) float64 { // from the term of j to that of j+1
		return float64(m-j) / float64(j) * float64(n-m+1-j) / float64(j+1)
	}
	p, small := largest, largest*1e-18
	for j, term := at, largest; j < k && term > small; j++ {
		term *= up(j)
		p += term
	}
	for j, term := at, largest; j > 1 && term > small; j-- {
		term /= up(j - 1)
		p += term
	}
	return min(p, 1)
}

func logChoose(n, k int) float64 {
	return combin.LogGeneralizedBinomial(float64(n), float64(k))
}
