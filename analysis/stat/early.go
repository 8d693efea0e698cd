package stat

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// EarlyConfidence is the confidence of MLPerf's early stopping.
const EarlyConfidence = 0.99

// EarlyStop is what MLPerf's early stopping says of a percentile: a bound that the true one is below with 99 % confidence
// (MLCommons, "MLPerf Inference Rules", appendix on early stopping; its load generator computes the same).
type EarlyStop struct {
	Bound    float64 // at or above the percentile of the samples; NaN where NeedMore is not 0
	Discard  int     // samples above Bound that are left out
	NeedMore int     // further samples until there is a bound
}

// NewEarlyStop bounds the p-quantile of sorted (ascending, +Inf for failures). The rule asks how many samples t may exceed a limit
// so that the share of those that do is at most 1 - p with 99 % confidence: P(Binomial(n, 1-p) <= t) <= 1 %. The bound is
// the t-th largest sample. The rule starts at t = 1: 64 samples for p90, 662 for p99. t grows with n and is capped nowhere.
func NewEarlyStop(sorted Ordered, p float64) EarlyStop {
	n := sorted.Len()
	if least := EarlyFloor(1, p); n < least {
		return EarlyStop{Bound: math.NaN(), NeedMore: least - n}
	}
	t, beyond := 1, n // allowed(t), not allowed(beyond): all samples above a limit pass no test
	for beyond-t > 1 {
		if mid := (t + beyond) / 2; earlyPasses(mid, n, p) {
			t = mid
		} else {
			beyond = mid
		}
	}
	return EarlyStop{Bound: sorted.At(n - t), Discard: t - 1}
}

// EarlyFloor is the least number of samples of which over may exceed a limit on the p-quantile, by MLPerf's early stopping.
func EarlyFloor(over int, p float64) int {
	low, high := over, over+1 // all samples above it: never
	for !earlyPasses(over, high, p) {
		low, high = high, 2*high
	}
	for high-low > 1 {
		if mid := (low + high) / 2; earlyPasses(over, mid, p) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// earlyPasses says whether P(Binomial(n, 1-p) <= over) = I_p(n-over, over+1) is at most 1 %.
func earlyPasses(over, n int, p float64) bool {
	return over < n && mathext.RegIncBeta(float64(n-over), float64(over+1), p) <= 1-EarlyConfidence
}
