package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// FewestRuns is the least number of runs whose spread is worth an interval: with three,
// Student's t is 4.3 standard errors wide, with two 12.7.
const FewestRuns = 3

// EffectiveSamples is the number of independent samples that the runs are worth for their p-quantile, at threshold. Each run
// holds the values of one trial in issue order.
//
// With FewestRuns runs or more it follows from how much the runs' shares above the threshold differ, with the allowance
// for their few degrees of freedom of Korn & Graubard (Survey Methodology 24, 1998). With fewer it follows from the
// correlation of neighbours: of their normal scores, from which the correlation of "above the threshold" is that of a
// normal series, because a run has hundreds of values and only a few above its p95; and where an exact test finds that those come
// in clusters, from these.
func EffectiveSamples(runs [][]float64, threshold, p float64) int {
	series, n := make([]Series, len(runs)), 0
	for k, run := range runs {
		hits, _ := streaks(run, threshold)
		series[k] = whole(float64(hits), float64(len(run)))
		n += len(run)
	}
	switch {
	case n == 0:
		return 0
	case len(runs) >= FewestRuns:
		return worth(series, n, n)
	}
	inflation := max(scoreInflation(scoresOf(runs), p), clusterInflation(runs, threshold))
	return min(max(int(float64(n)/inflation), 1), n)
}

// whole is the series of a run whose requests are taken together.
func whole(num, den float64) Series { return Series{Num: []float64{num}, Den: []float64{den}} }

// EffectiveShare is EffectiveSamples for a share of counted things: Num is the hits, Den what counts of each request, 1 at most, or of
// several of them.
func EffectiveShare(series []Series) int {
	n := 0.0
	for _, s := range series {
		_, d := s.sums()
		n += d
	}
	if n == 0 {
		return 0
	}
	return worth(series, int(n), int(n))
}

// worth is how many independent samples have the standard error that n counted ones have for the share of their series, with
// the allowance for its degrees of freedom: the share of none or of all has no error of its own, and stands for one sample a request.
func worth(series []Series, n, requests int) int {
	var hits float64
	for _, s := range series {
		h, _ := s.sums()
		hits += h
	}
	share := hits / float64(n)
	if share == 0 || share == 1 {
		return requests
	}
	se, freedom := ratioError(series, share, float64(n))
	return independent(share, se, freedom, n, requests)
}

// independent is how many samples give a share such a standard error.
func independent(share, se, freedom float64, n, requests int) int {
	if se == 0 {
		return requests
	}
	t := StudentQuantile(freedom) / normalQuantile()
	return int(min(max(share*(1-share)/(se*se*t*t), 1), float64(n)))
}

// scoreValues is how many values of a run are looked at for its correlation: enough for any.
const scoreValues = 1 << 16

// scoresOf are the normal scores of each run that has enough values.
func scoresOf(runs [][]float64) (scores [][]float64) {
	for _, run := range runs {
		if len(run) >= 3 {
			scores = append(scores, normalScores(run[:min(len(run), scoreValues)]))
		}
	}
	return scores
}

// scoreInflation is by how much the variance of the share of a series above its p-quantile exceeds that of independent values, as if
// its normal scores were a normal series; the mean over the runs.
func scoreInflation(scores [][]float64, p float64) float64 {
	total := 0.0
	for _, s := range scores {
		total += indicatorInflation(s, p)
	}
	return max(1, total/max(float64(len(scores)), 1))
}

// normalScores are the normal quantiles of the values' ranks, those of equal values of their middle.
func normalScores(run []float64) []float64 {
	order, out := sortedIndices(run), make([]float64, len(run))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && run[order[to]] == run[order[from]] {
			to++
		}
		z := distuv.UnitNormal.Quantile(float64(from+to) / 2 / float64(len(run)))
		for _, i := range order[from:to] {
			out[i] = z
		}
		from = to
	}
	return out
}

// indicatorInflation adds up the correlations of "above the p-quantile" over the lags of a series of normal scores, up to the first
// that is not positive or drowns in noise (after Geyer's initial positive sequence, Statist. Sci. 7, 1992).
func indicatorInflation(scores []float64, p float64) float64 {
	n, out := float64(len(scores)), 1.0
	for lag := 1; lag < len(scores)/4; lag++ {
		r := correlation(scores, lag)
		if r <= 0 || lag > 1 && r < 1/math.Sqrt(n) {
			break
		}
		out += 2 * (1 - float64(lag)/n) * indicatorCorrelation(min(r, mostCorrelated), p)
	}
	return out
}

const mostCorrelated = 0.97

// tetrachoricTerms are enough for correlations up to mostCorrelated.
const tetrachoricTerms = 60

// indicatorCorrelation is the correlation of "above the p-quantile" of two normal variables with correlation r, by the
// tetrachoric series (Pearson, Phil. Trans. A 195, 1900): the sum over j of r^j He(j-1, z)^2 / j!, times the density's square, over p (1 - p).
func indicatorCorrelation(r, p float64) float64 {
	z := distuv.UnitNormal.Quantile(p)
	density := distuv.UnitNormal.Prob(z)
	sum, power, before, hermite := 0.0, r, 0.0, 1.0 // hermite is He(j-1, z) / sqrt((j-1)!)
	for j := 1.0; j <= tetrachoricTerms; j++ {
		sum += power * hermite * hermite / j
		power *= r
		before, hermite = hermite, (z*hermite-math.Sqrt(j-1)*before)/math.Sqrt(j)
	}
	return min(sum*density*density/(p*(1-p)), 1)
}

// correlation is the lag correlation of a run, corrected for its bias, which is that of a short series
// (Kendall, Biometrika 41, 1954); 0 for a constant or too short one.
func correlation(run []float64, lag int) float64 {
	n, mean := float64(len(run)), 0.0
	for _, x := range run {
		mean += x
	}
	mean /= n
	var num, den float64
	for i, x := range run {
		den += (x - mean) * (x - mean)
		if i >= lag {
			num += (x - mean) * (run[i-lag] - mean)
		}
	}
	return unbiased(num, den, n, lag)
}

func unbiased(num, den, n float64, lag int) float64 {
	if !(den > 0) || math.IsInf(den, 0) || n <= float64(lag) {
		return 0
	}
	r := num / den
	return r + (1+4*max(r, 0))/n
}
