package stat

import "math"

// Series holds one run's requests in issue order, as the terms of a ratio of sums:
// a mean has Den 1 for each request that counts, a rate has the request's share of
// the window. A Collector takes the terms of a long run together, and keeps what the standard error of a ratio needs of single ones
// where there are too few runs to compare.
type Series struct {
	Num, Den []float64
	of       int      // terms, where Num and Den may be sums of them; 0 where they are single
	single   *moments // nil where Num and Den are single terms, or runs are compared
}

func (s Series) terms() int {
	if s.of > 0 {
		return s.of
	}
	return len(s.Num)
}

func (s Series) sums() (num, den float64) {
	for i := range s.Num {
		num += s.Num[i]
		den += s.Den[i]
	}
	return num, den
}

// RatioEstimate is the sum of Num over the sum of Den of all runs, with its interval.
type RatioEstimate struct {
	Value    float64 // NaN where the denominator is 0
	Interval Interval
	N        int  // terms
	Within   bool // fewer than FewestRuns: the interval holds for these runs, how much runs differ is not in it
}

// Ratio estimates a ratio of sums. Its interval is Student's t on the linearised residuals Num - Value*Den (Cochran,
// Sampling Techniques, 6.4), carried over to the logarithm of a positive value, which keeps it above 0 and leans it as the
// distribution of a mean of latencies leans.
//
// With FewestRuns runs or more the run is the unit, because whatever made a run fast or slow was common to its requests. With
// fewer the request is, and the variance is that of a correlated series: see inflation.
func Ratio(runs []Series) RatioEstimate {
	var num, den float64
	e := RatioEstimate{Within: len(runs) < FewestRuns}
	for _, s := range runs {
		n, d := s.sums()
		num, den, e.N = num+n, den+d, e.N+s.terms()
	}
	e.Value = num / den
	if den == 0 {
		e.Value = math.NaN()
	}
	e.Interval = Interval{Low: e.Value, High: e.Value, Level: Confidence}
	if math.IsNaN(e.Value) || math.IsInf(e.Value, 0) {
		return e
	}
	if se, freedom := ratioError(runs, e.Value, den); se > 0 {
		e.Interval = around(e.Value, StudentQuantile(freedom)*se)
	}
	return e
}

// around is the interval of half width h, of a positive value on the scale of logarithms.
func around(value, h float64) Interval {
	if value > 0 {
		return Interval{Low: value * math.Exp(-h/value), High: value * math.Exp(h/value), Level: Confidence}
	}
	return Interval{Low: value - h, High: value + h, Level: Confidence}
}

// ratioError is the standard error of a ratio of sums and its degrees of freedom; 0 where nothing can be said.
func ratioError(runs []Series, value, den float64) (se, freedom float64) {
	if len(runs) >= FewestRuns {
		return runError(runs, value, den)
	}
	var d deviations
	for _, s := range runs {
		d.addRun(s, value)
	}
	return d.standardError(den)
}

// runError takes each run's residuals together.
func runError(runs []Series, value, den float64) (se, freedom float64) {
	squares, k := 0.0, float64(len(runs))
	for _, s := range runs {
		n, d := s.sums()
		squares += (n - value*d) * (n - value*d)
	}
	return math.Sqrt(k/(k-1)*squares) / den, k - 1
}
