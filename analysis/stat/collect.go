package stat

// A run of more terms than seriesTerms is resampled in seriesSums sums of consecutive ones. A bootstrap of single
// requests would hold as many as there are, and says no more: sums of neighbours are blocks already (Carlstein, Ann. Statist. 14,
// 1986), far shorter than the blocks that are drawn.
const (
	seriesTerms = 2048
	seriesSums  = 256
)

// Collector makes the Series of a run of known length, in memory that does not grow with it.
type Collector struct {
	num, den float64 // of the terms that are added to the next sum
	i, until int     // terms so far, and those up to and with that sum
	at       int     // which it is
	n        int
	series   Series
}

// NewCollector is a collector of the n terms of one of so many runs. With FewestRuns or more, the run is the unit of every
// standard error, and what its single terms say of it is not kept.
func NewCollector(n, runs int) *Collector {
	size := n
	if n > seriesTerms {
		size = seriesSums
	}
	c := &Collector{n: n, series: Series{Num: make([]float64, size), Den: make([]float64, size), of: n}}
	if size < n && runs < FewestRuns {
		c.series.single = &moments{}
	}
	if n > 0 {
		c.until = n / size
	}
	return c
}

// Add adds the next term, in issue order.
func (c *Collector) Add(num, den float64) {
	if m := c.series.single; m != nil {
		m.add(num, den)
	}
	c.num += num
	c.den += den
	if c.i++; c.i == c.until {
		c.series.Num[c.at], c.series.Den[c.at] = c.num, c.den
		c.num, c.den = 0, 0
		c.at++
		c.until = (c.at + 1) * c.n / len(c.series.Num)
	}
}

// Series is what was collected, once all n terms were added.
func (c *Collector) Series() Series { return c.series }
