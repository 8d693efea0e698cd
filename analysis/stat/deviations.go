package stat

import "math"

// deviationLags is how many correlations say how far neighbours resemble each other.
const deviationLags = 3

// deviations are those of requests, in issue order, from a ratio of their sums: Num - Value*Den, whose mean is 0. They are added one by
// one, so that millions need no memory.
type deviations struct {
	n       int
	squares float64
	lagged  [deviationLags]float64 // sums of products of those that are so many places apart in one run
	last    [deviationLags]float64 // of this run, the latest first
	at      int                    // in this run
}

// begin begins a run.
func (d *deviations) begin() { d.at = 0 }

func (d *deviations) add(x float64) {
	for k := range min(d.at, deviationLags) {
		d.lagged[k] += x * d.last[k]
	}
	copy(d.last[1:], d.last[:deviationLags-1])
	d.last[0] = x
	d.squares += x * x
	d.n++
	d.at++
}

// addRun adds those of a run.
func (d *deviations) addRun(s Series, value float64) {
	if s.single != nil {
		s.single.addTo(d, value)
		return
	}
	d.begin()
	for i := range s.Num {
		d.add(s.Num[i] - value*s.Den[i])
	}
}

func (d *deviations) correlation(lag int) float64 {
	return unbiased(d.lagged[lag-1], d.squares, float64(d.n), lag)
}

// inflation is by how much the variance of a mean exceeds that of independent values: 1 + 2 (r1 + r2 + ...), with correlations
// that fall by one factor from lag to lag. The factor is that of a first-order autoregression or, where that is more, what
// the lags after it fall by: requests that share a slow moment and have much of their own begin low and fall slowly.
func (d *deviations) inflation() float64 {
	r1, r2, r3 := d.correlation(1), d.correlation(2), d.correlation(3)
	if !(r1 > 0) {
		return 1
	}
	factor := r1
	if tail := (r2 + r3) / (r1 + r2); tail > factor {
		factor = tail
	}
	return 1 + 2*r1/(1-min(factor, mostCorrelated))
}

// standardError is that of the ratio, den the sum of its denominators, and its degrees of freedom; 0 where nothing can be said.
func (d *deviations) standardError(den float64) (se, freedom float64) {
	if d.n < 2 {
		return 0, 0
	}
	count := float64(d.n)
	// The variance about a mean that was taken from the same correlated values is short by the factor 1 - inflation/n.
	inflation := min(d.inflation(), count/2)
	return math.Sqrt(d.squares*inflation/(1-inflation/count)) / den, count/inflation - 1
}

// moments are of the single terms of a run: with the ratio, which is known at the end alone, they give the sums of products of
// deviations that are 0 to deviationLags places apart.
type moments struct {
	n                   int
	nums, crossed, dens [deviationLags + 1]float64 // sums of num num', num den' + den num', den den'
	num, den            [deviationLags]float64     // the last terms, the latest first
}

func (m *moments) add(num, den float64) {
	m.nums[0] += num * num
	m.crossed[0] += 2 * num * den
	m.dens[0] += den * den
	for k := range min(m.n, deviationLags) {
		m.nums[k+1] += num * m.num[k]
		m.crossed[k+1] += num*m.den[k] + den*m.num[k]
		m.dens[k+1] += den * m.den[k]
	}
	copy(m.num[1:], m.num[:deviationLags-1])
	copy(m.den[1:], m.den[:deviationLags-1])
	m.num[0], m.den[0] = num, den
	m.n++
}

// roundingShare of the squares of terms is what sums of products may be off by: less than that is no deviation.
const roundingShare = 1e-13

// addTo adds the deviations from a ratio.
func (m *moments) addTo(d *deviations, ratio float64) {
	of := func(lag int) float64 { return m.nums[lag] - ratio*m.crossed[lag] + ratio*ratio*m.dens[lag] }
	d.n += m.n
	squares := of(0)
	if squares <= roundingShare*m.nums[0] {
		return
	}
	d.squares += squares
	for k := range d.lagged {
		d.lagged[k] += of(k + 1)
	}
}
