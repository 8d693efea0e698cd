package steady

import (
	"math"

	gonum "gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assaylab/assay/analysis/stat"
)

// fewestBatches is with how many a level can be told from a trend at all.
const fewestBatches = 8

// Least is how many values an assessment takes.
const Least = (fewestBatches + 2) * batchSize // so that there is something to cut

// A cut is worth making where what it removes differs from the rest by cutDifference,
// and by more than chance at cutLevel.
const (
	cutDifference = 0.05
	cutLevel      = 0.05
)

// mser is where batch means are cut by the marginal standard error rule (White,
// Simulation 69, 1997; MSER-5 of White, Cobb & Spratt 2000 for batches of five): what is
// left has the smallest standard error of its mean, as if its batches were independent.
// At most a quarter is cut, where the authors allow half: a drift has its smallest error in
// the middle, and a cut there would hide it. fewestBatches are left; found is false where
// the rule would cut all that it may, which says that it saw no end of the warm-up.
func mser(means []float64) (cut int, found bool) {
	most := min(max(2, len(means)/4), len(means)-fewestBatches)
	best := math.Inf(1)
	for d := 0; d <= most; d++ {
		n := float64(len(means) - d)
		if e := gonum.PopVariance(means[d:], nil) / n; e < best {
			best, cut = e, d
		}
	}
	return cut, cut < most || most <= 0
}

// WarmUp is how many of the first values are of another level than the rest, in whole
// batches: MSER-5's cut, where what it removes differs from the rest by more than 5 % and
// by more than chance at 5 % (a rank-sum test that knows of autocorrelation). Found is
// false where the rule saw no end of the warm-up.
func WarmUp(values []float64) (cut int, found bool) {
	if len(values) < Least {
		return 0, true
	}
	size := sizeOf(len(values))
	means := batches(values, size)
	d, found := mser(means)
	if !found || d == 0 {
		return 0, found
	}
	cut, compared, at := d*size, values, d*size
	if size > batchSize { // a test of all pairs, for which single values would be too many
		compared, at = means, d
	}
	if p, _ := differ(compared[:at], compared[at:], cutDifference); p >= cutLevel {
		return 0, true
	}
	return cut, true
}

// differ is the probability that levels differ by chance as much as these do, by the rank sum
// (Mann & Whitney 1947) with the autocorrelation of the rest; 1 where their medians differ by
// less than a share. Change is the one by the other.
func differ(head, rest []float64, share float64) (p, change float64) {
	a, b := median(head), median(rest)
	if math.Abs(a-b) < share*math.Abs(b) {
		return 1, b / a
	}
	all := append(append([]float64(nil), head...), rest...)
	sum, n, m := 0.0, float64(len(head)), float64(len(rest))
	for _, r := range stat.MidRanks(all)[:len(head)] {
		sum += r
	}
	variance := n * m * (n + m + 1) / 12 * dependence(rest)
	z := math.Abs(sum-n*(n+m+1)/2) / math.Sqrt(variance)
	return 2 * distuv.UnitNormal.CDF(-z), b / a
}
