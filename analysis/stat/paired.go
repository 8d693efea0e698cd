package stat

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// PairedShares compares two shares over the same items.
type PairedShares struct {
	Difference float64 // share of the subject less that of the reference
	Interval   Interval
	Gained     int     // items that only the subject hit
	Lost       int     // items that only the reference hit
	P          float64 // two-sided, of no difference
	N          int     // items
}

// ComparePaired judges whether the subject hits more or fewer of the items than the
// reference does; both have one outcome per item, in the same order.
//
// Only items on which the two disagree say anything. The probability is McNemar's
// exact one (Psychometrika 12, 1947): the binomial one of a split at least as uneven.
// The interval is Wald's with one disagreement added in each direction (Bonett &
// Price, J. Educ. Behav. Stat. 37, 2012), which keeps its coverage down to a few
// items and does not collapse where the two agree on all (recommended by Fagerland,
// Lydersen & Laake, Statistics in Medicine 33, 2014).
func ComparePaired(subject, reference []bool) PairedShares {
	c := PairedShares{N: len(subject), P: 1, Interval: Interval{Low: -1, High: 1, Level: Confidence}}
	for i, hit := range subject {
		switch {
		case hit && !reference[i]:
			c.Gained++
		case !hit && reference[i]:
			c.Lost++
		}
	}
	if c.N == 0 {
		c.Difference = math.NaN()
		return c
	}
	c.Difference = float64(c.Gained-c.Lost) / float64(c.N)
	c.P = McNemar(c.Gained, c.Lost)
	gained, lost := float64(c.Gained+1)/float64(c.N+2), float64(c.Lost+1)/float64(c.N+2)
	d := gained - lost
	half := normalQuantile() * math.Sqrt((gained+lost-d*d)/float64(c.N+2))
	c.Interval.Low, c.Interval.High = max(-1, d-half), min(1, d+half)
	return c
}

// McNemar is the exact two-sided probability of a split of gained+lost disagreements
// at least as uneven as this one, were both directions as likely; 1 without any.
func McNemar(gained, lost int) float64 {
	n := gained + lost
	if n == 0 {
		return 1
	}
	tail := distuv.Binomial{N: float64(n), P: 0.5}.CDF(float64(min(gained, lost)))
	return min(1, 2*tail)
}

// MeanOf is the mean of independent values, or of paired differences over
// independent items, with the 95 % interval of Student's t. False is returned with
// fewer than two values: there is no interval.
func MeanOf(values []float64) (mean float64, interval Interval, ok bool) {
	n := float64(len(values))
	if n < 2 {
		return stat.Mean(values, nil), Interval{}, false
	}
	mean, sd := stat.MeanStdDev(values, nil)
	half := StudentQuantile(n-1) * sd / math.Sqrt(n)
	return mean, Interval{Low: mean - half, High: mean + half, Level: Confidence}, true
}

// StandardError is that of the mean of values counted as independent, from the
// variance about the mean: sqrt((mean of squares - square of mean) / (n - 1)).
func StandardError(values []float64) float64 {
	n := float64(len(values))
	if n < 2 {
		return math.NaN()
	}
	_, variance := stat.PopMeanVariance(values, nil)
	return math.Sqrt(variance / (n - 1))
}
