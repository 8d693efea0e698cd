package stat

import (
	"iter"
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
		hits, streaks := streaks(run, threshold)
		n += len(run)
		above = append(above, float64(hits))
		count = append(count, float64(len(run)))
		inflation = max(inflation, clusterInflation(run, threshold, hits, streaks))
	}
	if n == 0 {
		return 0
	}
	inflation = max(inflation, betweenRuns(above, count))
	return min(max(int(float64(n)/inflation), 1), n)
}

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

// clusterInflation is (1+r)/(1-r), r the lag-1 correlation of a run's exceedances, where these cluster more than chance
// lets them.
func clusterInflation(run []float64, threshold float64, hits, streaks int) float64 {
	if hits < 2 || fewStreaks(len(run), hits, streaks) > doubt {
		return 1
	}
	values := make([]float64, len(run))
	for i, v := range run {
		if v > threshold {
			values[i] = 1
		}
	}
	r := min(max(lag1(values), 0), 0.99)
	return (1 + r) / (1 - r)
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

// EffectiveClustered is, for each of several thresholds, the number of independent samples that pooled values are
// worth when each group (the token gaps of one request) hangs together: the binomial
// variance of the share above threshold over the variance estimated from the groups
// (the design effect; Kish, Survey Sampling, 1965). Without any value above, it is
// the number of groups.
func EffectiveClustered(groups iter.Seq[[]float64], thresholds ...float64) []int {
	d := make([]design, len(thresholds))
	for g := range groups {
		for i, t := range thresholds {
			d[i].add(len(g), countAbove(g, t))
		}
	}
	out := make([]int, len(thresholds))
	for i := range d {
		out[i] = d[i].effective()
	}
	return out
}

// design has the sums that a design effect follows from. All but the last steps are of whole numbers, and exact.
type design struct {
	used, total, above         int // groups with values, values, values above
	squares, products, lengths int // of values above, of these and all, of all, group by group
}

func (d *design) add(n, above int) {
	if n > 0 {
		d.used++
	}
	d.total += n
	d.above += above
	d.squares += above * above
	d.products += above * n
	d.lengths += n * n
}

func (d *design) effective() int {
	if d.used < 2 || d.above == 0 || d.above == d.total {
		return d.used
	}
	used, total := float64(d.used), float64(d.total)
	share := float64(d.above) / total
	ss := float64(d.squares) - 2*share*float64(d.products) + share*share*float64(d.lengths) // of above - share*n
	variance := used / (used - 1) * ss / (total * total)
	if variance <= 0 {
		return d.total
	}
	return int(min(max(share*(1-share)/variance, 1), total))
}

func countAbove(values []float64, threshold float64) (n int) {
	for _, v := range values {
		if v > threshold {
			n++
		}
	}
	return n
}
