package stat

import (
	"maps"
	"math"
	"slices"

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
	if len(values) == 0 {
		return math.NaN(), Interval{}, false
	}
	clusters := clusterSums(values, window)
	var total, n float64
	for _, c := range clusters {
		total += c.sum
		n += c.n
	}
	mean = total / n
	k := float64(len(clusters))
	if k < 2 {
		return mean, Interval{}, false
	}
	ss := 0.0
	for _, c := range clusters {
		d := c.sum - mean*c.n
		ss += d * d
	}
	se := math.Sqrt(k/(k-1)*ss) / n
	half := StudentQuantile(k-1) * se
	return mean, Interval{Low: mean - half, High: mean + half, Level: Confidence}, true
}

type cluster struct{ sum, n float64 }

// clusterSums adds up the values of each window, windows in ascending order so that
// sums do not depend on map order.
func clusterSums(values []float64, window []int32) []cluster {
	byWindow := map[int32]cluster{}
	for i, v := range values {
		c := byWindow[window[i]]
		byWindow[window[i]] = cluster{c.sum + v, c.n + 1}
	}
	keys := slices.Sorted(maps.Keys(byWindow))
	out := make([]cluster, len(keys))
	for i, k := range keys {
		out[i] = byWindow[k]
	}
	return out
}

// StudentQuantile is the two-sided 95 % point of Student's t.
func StudentQuantile(degreesOfFreedom float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: degreesOfFreedom}.Quantile((1 + Confidence) / 2)
}
