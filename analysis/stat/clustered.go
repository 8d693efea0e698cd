package stat

import "iter"

// EffectiveClustered is EffectiveSamples for several values of each request (its token gaps), which hang together, at each of several
// thresholds, which are the ps-quantiles. Each run iterates over the requests of one trial in issue order; it is walked once, or twice
// where there are few. With few runs the correlation of neighbours is the larger one of what their counts above the threshold and
// what their means say.
func EffectiveClustered(runs []iter.Seq[[]float64], thresholds, ps []float64) []int {
	out, c := make([]int, len(thresholds)), countClustered(runs, thresholds)
	if c.n == 0 {
		return out
	}
	if len(runs) >= FewestRuns {
		for i := range out {
			out[i] = max(worth(c.series(i), c.n, c.used), 1)
		}
		return out
	}
	deviations, scores := c.deviations(runs, thresholds), scoresOf(c.means)
	for i := range out {
		d := &deviations[i]
		effective := c.used
		if share := c.share(i); share > 0 && share < 1 {
			se, freedom := d.standardError(float64(c.n))
			effective = independent(share, se, freedom, c.n, c.used)
		}
		out[i] = max(int(float64(effective)*min(1, d.inflation()/scoreInflation(scores, ps[i]))), 1)
	}
	return out
}

// clustered is what one walk counts.
type clustered struct {
	n, used int         // values, and requests that have some
	of      []int       // values by run
	above   [][]int     // the thresholds, by run
	means   [][]float64 // of the first requests that have values, by run; of few runs
}

func countClustered(runs []iter.Seq[[]float64], thresholds []float64) *clustered {
	c := &clustered{of: make([]int, len(runs)), above: make([][]int, len(runs)), means: make([][]float64, len(runs))}
	for k, run := range runs {
		c.above[k] = make([]int, len(thresholds))
		for values := range run {
			if len(values) == 0 {
				continue
			}
			c.used++
			c.of[k] += len(values)
			for i, t := range thresholds {
				c.above[k][i] += countAbove(values, t)
			}
			if len(runs) < FewestRuns && len(c.means[k]) < scoreValues {
				c.means[k] = append(c.means[k], mean(values))
			}
		}
		c.n += c.of[k]
	}
	return c
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// countAbove has no branch on a value: which ones are above is a coin toss to the processor.
func countAbove(values []float64, threshold float64) (n int) {
	for _, v := range values {
		above := 0
		if v > threshold {
			above = 1
		}
		n += above
	}
	return n
}

// series has the whole of each run, for the i-th threshold.
func (c *clustered) series(i int) []Series {
	out := make([]Series, len(c.of))
	for k := range out {
		out[k] = whole(float64(c.above[k][i]), float64(c.of[k]))
	}
	return out
}

// share of all values is above the i-th threshold.
func (c *clustered) share(i int) float64 {
	above := 0
	for k := range c.above {
		above += c.above[k][i]
	}
	return float64(above) / float64(c.n)
}

// deviations are those of the requests' counts above each threshold.
func (c *clustered) deviations(runs []iter.Seq[[]float64], thresholds []float64) []deviations {
	out, shares := make([]deviations, len(thresholds)), make([]float64, len(thresholds))
	for i := range shares {
		shares[i] = c.share(i)
	}
	for _, run := range runs {
		for i := range out {
			out[i].begin()
		}
		for values := range run {
			for i, t := range thresholds {
				out[i].add(float64(countAbove(values, t)) - shares[i]*float64(len(values)))
			}
		}
	}
	return out
}
