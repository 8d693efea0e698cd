package steady

import (
	"math"
	"slices"
)

// Critical values of the dip of uniform samples, times the root of their size: of
// distributions with one mode the uniform one has the largest dips (Hartigan & Hartigan
// 1985), so that others are called mixtures less often than the tail says. From a
// simulation of 100,000 samples of each size:
//
//	go test ./analysis/steady -run TestDipCriticalValues -dips 100000 -v
var (
	dipSizes    = []int{20, 30, 50, 100, 200, 500, 1000, 2000, 5000}
	dipTails    = []float64{0.05, 0.01, 0.001}
	dipCritical = [][3]float64{
		{0.4690, 0.5401, 0.6208},
		{0.4833, 0.5571, 0.6431},
		{0.4977, 0.5752, 0.6716},
		{0.5111, 0.5902, 0.6830},
		{0.5210, 0.6019, 0.6998},
		{0.5300, 0.6148, 0.7181},
		{0.5347, 0.6186, 0.7213},
		{0.5382, 0.6208, 0.7312},
		{0.5426, 0.6273, 0.7294},
	}
)

// A mixture is worth a word where its parts differ and neither is a handful.
const (
	modesApart = 1.5  // larger median by the smaller
	modeShare  = 0.05 // of the values, at least
)

// Modes are two kinds of values.
type Modes struct {
	Share [2]float64 // of the values, the smaller ones first
	At    [2]float64 // their medians
	Dip   float64    // of the logarithms
	Tail  float64    // the probability of such a dip with one mode is below this
}

// Mixture says whether positive values are of two kinds: Hartigan's dip test of their
// logarithms, because latencies differ by factors. The test takes values for independent,
// so that it is made as if there were only as many as the autocorrelation of the series
// leaves. Alpha is one of 0.05, 0.01 and 0.001.
func Mixture(values []float64, alpha float64) (m Modes, found bool) {
	logs := make([]float64, 0, len(values))
	for _, v := range values {
		if v > 0 && !math.IsInf(v, 0) {
			logs = append(logs, math.Log(v))
		}
	}
	effective := 0.0
	if len(logs) > 0 {
		effective = float64(len(logs)) / variation(logs)
	}
	if effective < float64(dipSizes[0]) {
		return m, false
	}
	m.Dip, m.Tail = Dip(logs), 1
	for j, p := range dipTails {
		if m.Dip > critical(effective, j) {
			m.Tail = p
		}
	}
	if m.Tail > alpha {
		return m, false
	}
	slices.Sort(logs)
	k := split(logs)
	m.Share = [2]float64{float64(k) / float64(len(logs)), 1 - float64(k)/float64(len(logs))}
	m.At = [2]float64{math.Exp(median(logs[:k])), math.Exp(median(logs[k:]))}
	return m, min(m.Share[0], m.Share[1]) >= modeShare && m.At[1] >= modesApart*m.At[0]
}

// critical is the dip that is exceeded with the j-th tail, between sizes by the root of
// their inverse, and as of the largest size beyond it: the product converges.
func critical(n float64, j int) float64 {
	i, _ := slices.BinarySearch(dipSizes, int(n)+1)
	i = min(max(i, 1), len(dipSizes)-1)
	from, to := 1/math.Sqrt(float64(dipSizes[i-1])), 1/math.Sqrt(float64(dipSizes[i]))
	w := min(max((from-1/math.Sqrt(n))/(from-to), 0), 1)
	return (dipCritical[i-1][j]*(1-w) + dipCritical[i][j]*w) / math.Sqrt(n)
}

// variation is by how much autocorrelation inflates the variance of a mean, (1+r)/(1-r)
// for the lag-1 correlation r, at least 1.
func variation(values []float64) float64 {
	phi := min(max(lag1(values), 0), 0.95)
	return (1 + phi) / (1 - phi)
}

// split is how many of the sorted values are in the lower group of the two whose own
// variance is least (Fisher, JASA 53, 1958; Otsu 1979).
func split(sorted []float64) (lower int) {
	total, below, best := 0.0, 0.0, math.Inf(-1)
	for _, v := range sorted {
		total += v
	}
	n := float64(len(sorted))
	lower = len(sorted) / 2
	for i, v := range sorted[:len(sorted)-1] {
		below += v
		k := float64(i + 1)
		between := below*below/k + (total-below)*(total-below)/(n-k)
		if between > best && sorted[i+1] > v {
			best, lower = between, i+1
		}
	}
	return lower
}
