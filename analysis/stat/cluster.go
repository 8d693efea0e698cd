package stat

import (
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"
)

// ClusterMean is the mean of all values with a 95 % interval that takes the windows,
// not the values, as the unit. It serves paired differences of log-likelihoods.
//
// Values inside a window are correlated over an unknown distance and windows differ
// in kind (code, comment, prose), so no interval that counts values is honest. With
// the 8 windows of a demo a bootstrap over windows covers less than 90 %, and a
// bootstrap of blocks inside windows misses the variance between windows entirely.
// The means of windows of hundreds of tokens are close to normal, so the interval is
// Student's t over windows, with the linearised residuals of a ratio where windows
// differ in length (Cochran, Sampling Techniques, 6.4). It is wide with few windows,
// and rightly so.
//
// False is returned with fewer than two windows: there is no interval.
func ClusterMean(values []float64, window []int32) (mean float64, interval Interval, ok bool) {
	num, den := Clusters(values, window)
	return ClusterRatio(num, den)
}

// Clusters are the sums and the counts of values by window, in the windows' order.
func Clusters(values []float64, window []int32) (num, den []float64) {
	sums, counts := map[int32]float64{}, map[int32]float64{}
	for i, v := range values {
		sums[window[i]] += v
		counts[window[i]]++
	}
	for _, w := range slices.Sorted(maps.Keys(counts)) { // a fixed order: sums must not depend on the map's
		num, den = append(num, sums[w]), append(den, counts[w])
	}
	return num, den
}

// ClusterRatio is the sum of num over the sum of den, one term per cluster, with the
// 95 % interval of Student's t over clusters. False is returned with fewer than two
// clusters; the ratio is NaN without any.
func ClusterRatio(num, den []float64) (ratio float64, interval Interval, ok bool) {
	total, weight := floats.Sum(num), floats.Sum(den)
	ratio = total / weight
	k := float64(len(num))
	if k < 2 || weight == 0 {
		return ratio, Interval{}, false
	}
	ss := 0.0
	for i := range num {
		d := num[i] - ratio*den[i]
		ss += d * d
	}
	half := StudentQuantile(k-1) * math.Sqrt(k/(k-1)*ss) / weight
	return ratio, Interval{Low: ratio - half, High: ratio + half, Level: Confidence}, true
}

// StudentQuantile is the two-sided 95 % point of Student's t.
func StudentQuantile(degreesOfFreedom float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: degreesOfFreedom}.Quantile((1 + Confidence) / 2)
}
