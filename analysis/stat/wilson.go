package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Wilson is the two-sided 95 % score interval of a share of m hits in n independent
// trials (Wilson, JASA 22, 1927). Unlike the exact interval it covers 95 % on average
// and not at least, and is therefore shorter; unlike the normal one it stays inside
// [0, 1] and does not collapse at its ends. Without trials it is [0, 1].
func Wilson(m, n int) Interval {
	if n == 0 {
		return Interval{Low: 0, High: 1, Level: Confidence}
	}
	z, count := normalQuantile(), float64(n)
	p := float64(m) / count
	centre := p + z*z/(2*count)
	half := z * math.Sqrt(p*(1-p)/count+z*z/(4*count*count))
	norm := 1 + z*z/count
	return Interval{Low: max(0, (centre-half)/norm), High: min(1, (centre+half)/norm), Level: Confidence}
}

// normalQuantile is the two-sided 95 % point of the normal distribution.
func normalQuantile() float64 { return distuv.UnitNormal.Quantile((1 + Confidence) / 2) }
