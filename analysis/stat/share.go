package stat

import "gonum.org/v1/gonum/stat/distuv"

// UpperShare is the one-sided Clopper-Pearson upper bound, at the given level, of
// the probability behind m hits in n trials. It is 1 where n is 0.
func UpperShare(m, n int, level float64) float64 {
	if m >= n {
		return 1
	}
	return distuv.Beta{Alpha: float64(m + 1), Beta: float64(n - m)}.Quantile(level)
}

// LowerShare is the one-sided Clopper-Pearson lower bound. It is 0 where m is 0.
func LowerShare(m, n int, level float64) float64 {
	if m <= 0 {
		return 0
	}
	return distuv.Beta{Alpha: float64(m), Beta: float64(n - m + 1)}.Quantile(1 - level)
}

// ShareInterval is the two-sided Clopper-Pearson interval (Biometrika 26, 1934).
func ShareInterval(m, n int, level float64) Interval {
	side := (1 + level) / 2
	return Interval{Low: LowerShare(m, n, side), High: UpperShare(m, n, side), Level: level}
}

// Decision is the answer of a one-sided test.
type Decision int

// The three answers. Undecided is the zero value.
const (
	Undecided Decision = iota
	Within             // the share of misses is at most the allowed one
	Beyond             // it is above
)

// ShareTest judges a share of misses against an allowed share.
type ShareTest struct {
	Decision  Decision
	Low, High float64 // one-sided Clopper-Pearson bounds of the miss share
	NeedMore  int     // further trials without a miss that would give Within; 0 where decided
}

// JudgeShare applies the verdict rule: Within where the upper bound of the miss share
// is at most allowed, Beyond where the lower bound is above it. allowed is in (0, 1).
func JudgeShare(misses, n int, allowed float64) ShareTest {
	return judgeShare(misses, n, allowed, Confidence)
}

// JudgeEarly is JudgeShare by the rule of MLPerf's early stopping, which is the same at 99 %.
func JudgeEarly(misses, n int, allowed float64) ShareTest {
	return judgeShare(misses, n, allowed, EarlyConfidence)
}

func judgeShare(misses, n int, allowed, level float64) ShareTest {
	t := ShareTest{Low: LowerShare(misses, n, level), High: UpperShare(misses, n, level)}
	switch {
	case n > 0 && t.High <= allowed:
		t.Decision = Within
	case n > 0 && t.Low > allowed:
		t.Decision = Beyond
	default:
		t.NeedMore = samplesFor(misses, allowed, level) - n
	}
	return t
}

// samplesFor is the least number of trials in which the given number of misses is
// still Within: 59, 93, 124 for 0, 1, 2 misses and an allowed share of 0.05 at 95 %.
func samplesFor(misses int, allowed, level float64) int {
	within := func(n int) bool { return UpperShare(misses, n, level) <= allowed }
	const ceiling = 1 << 40 // ends the search where allowed is too small for the bound's precision
	high := misses + 1
	for high < ceiling && !within(high) {
		high *= 2
	}
	low := misses // never within: all trials are misses
	for high-low > 1 {
		if mid := (low + high) / 2; within(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}
