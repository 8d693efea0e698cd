package forecast

import (
	"cmp"
	"math"

	"github.com/assaylab/assay/analysis/stat"
)

func compare(a, b float64) int { return cmp.Compare(a, b) }

// perfect is the loss of a forecast that is right but for rounding.
const perfect = 1e-3

// scales are the mean errors, in the part that was fitted, of repeating the week before (Hyndman & Koehler, Int. J. Forecasting 22,
// 2006). Where that is always right they are so small that every error is large and rounding is none.
type scales struct{ hour, week, peak float64 }

func (p *parts) scales() scales {
	s := &p.series[requests]
	var hours, before []float64
	for i := week; i < len(p.hours); i++ {
		if !p.hours[i].Filled && !p.hours[i-week].Filled {
			hours, before = append(hours, s.values[i]), append(before, s.values[i-week])
		}
	}
	var totals, peaks []float64
	for w := range p.weeks {
		values := s.values[max(p.skip+w*week, 0) : p.skip+(w+1)*week]
		top := 0.0
		for _, v := range values {
			top = max(top, v)
		}
		totals, peaks = append(totals, sum(values)), append(peaks, top)
	}
	last := p.weeks - 1
	return scales{naive(hours, before), naive(totals[1:], totals[:last]), naive(peaks[1:], peaks[:last])}
}

// naive is the mean distance of values, at least a billionth of their mean.
func naive(values, before []float64) float64 {
	distance, total := 0.0, 0.0
	for i := range values {
		distance += math.Abs(values[i] - before[i])
		total += values[i]
	}
	n := float64(len(values))
	return max(distance/n, 1e-9*total/n, math.SmallestNonzeroFloat64)
}

// score gathers the errors of one model.
type score struct {
	hourly, weekly, peaks sums
	input, output         shares
}

// sums are of errors of one kind.
type sums struct {
	n, absolute, pinball, in80, in95 float64
	forecast, came                   float64
	shares
}

// shares are of errors relative to what they are errors of.
type shares struct{ count, symmetric float64 }

func (s *shares) add(came, median float64) {
	s.count++
	if total := came + median; total > 0 {
		s.symmetric += 2 * math.Abs(came-median) / total
	}
}

// smape is their mean, 0 to 2 (Makridakis, Int. J. Forecasting 9, 1993).
func (s *shares) smape() float64 {
	if s.count == 0 {
		return 0
	}
	return s.symmetric / s.count
}

// add scores what was drawn for one value.
func (s *sums) add(came float64, draws []float64, scale float64) {
	sorted := stat.Sorted(draws)
	var q [len(FanLevels)]float64
	for i, level := range FanLevels {
		q[i] = stat.NearestRank(sorted, level)
		s.pinball += pinball(came, q[i], level) / scale / float64(len(FanLevels))
	}
	median := q[2]
	s.n++
	s.absolute += math.Abs(came-median) / scale
	s.forecast, s.came = s.forecast+median, s.came+came
	s.shares.add(came, median)
	s.in80 += held(came, q[1], q[3])
	s.in95 += held(came, q[0], q[4])
}

// pinball is the loss of a quantile (Koenker & Bassett, Econometrica 46, 1978): it is least, on average, for the true one.
func pinball(came, q, level float64) float64 {
	if came >= q {
		return level * (came - q)
	}
	return (1 - level) * (q - came)
}

// held is 1 where a value is in an interval, up to rounding.
func held(x, low, high float64) float64 {
	slack := 1e-9 * math.Abs(x)
	if low-slack <= x && x <= high+slack {
		return 1
	}
	return 0
}

func (s *sums) errors() Errors {
	e := Errors{MASE: s.absolute / s.n, SMAPE: s.smape(), Pinball: s.pinball / s.n,
		Covered80: s.in80 / s.n, Covered95: s.in95 / s.n, Compared: int(s.n)}
	if s.came > 0 {
		e.Bias = s.forecast/s.came - 1
	}
	return e
}

func (s *score) backtest() Backtest {
	b := Backtest{Input: s.input.smape(), Output: s.output.smape()}
	for _, part := range []struct {
		to   *Errors
		from *sums
	}{{&b.Hourly, &s.hourly}, {&b.Weekly, &s.weekly}, {&b.Peaks, &s.peaks}} {
		if part.from.n > 0 { // weeks of which hours were filled in are not scored
			*part.to = part.from.errors()
		}
	}
	b.Loss = b.Hourly.Pinball
	return b
}
