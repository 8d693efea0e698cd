package forecast

import (
	"math"
	"slices"
	"strconv"

	"github.com/assaylab/assay/analysis/stat"
)

// tally counts draws by months.
type tally struct {
	totals [seriesCount][][]float64 // of each month, of each draw
	sharp  [][]float64              // busiest hour over the mean one
	hours  [][]float64              // of each month, ascending: mean over draws of an hour's demand over the draw's mean
	whole  []float64                // requests of all months
}

func newTally(h *horizon, draws int) *tally {
	t := &tally{whole: make([]float64, draws)}
	for _, m := range h.months {
		for s := range t.totals {
			t.totals[s] = append(t.totals[s], make([]float64, draws))
		}
		t.sharp = append(t.sharp, make([]float64, draws))
		t.hours = append(t.hours, make([]float64, m.to-m.from))
	}
	return t
}

// add counts one draw of one series.
func (t *tally) add(h *horizon, series, draw int, demand []float64) {
	for m, span := range h.months {
		hours := demand[span.from:span.to]
		total := sum(hours)
		t.totals[series][m][draw] = total
		if series == requests {
			t.whole[draw] += total
			t.spread(m, draw, hours, total/float64(len(hours)))
		}
	}
}

// spread counts how a month's demand is spread over its hours. A month without any is spread evenly.
func (t *tally) spread(m, draw int, hours []float64, mean float64) {
	sorted := slices.Clone(hours)
	slices.Sort(sorted)
	for i, x := range sorted {
		share := 1.0
		if mean > 0 {
			share = x / mean
		}
		t.hours[m][i] += share / float64(len(t.whole))
		t.sharp[m][draw] = share
	}
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// drawn is what came of all draws.
type drawn struct {
	plain, launched *tally
	slopes          []float64 // growth of the logarithm of requests, a week
}

// draw makes futures and counts them. The series of one draw share its random numbers, so that a week with many requests has
// many tokens as well.
func (h *horizon) draw(futures *[seriesCount]*future, name string, draws int, seed uint64) *drawn {
	d := &drawn{plain: newTally(h, draws), slopes: make([]float64, draws)}
	if h.launch != nil {
		d.launched = newTally(h, draws)
	}
	demand := make([]float64, h.hours())
	for i := range draws {
		for s, f := range futures {
			if f == nil {
				continue
			}
			rng := stat.Source(seed, "forecast", name, strconv.Itoa(i))
			c := f.draw(rng, h.weeks())
			if s == requests {
				d.slopes[i] = c.slope
			}
			h.widen(c, rng)
			fill(demand, h.labels, f, c, rng)
			d.count(h, s, i, demand)
		}
	}
	return d
}

func (d *drawn) count(h *horizon, series, draw int, demand []float64) {
	d.plain.add(h, series, draw, demand)
	if d.launched == nil {
		return
	}
	for i, factor := range h.launch {
		demand[i] *= factor
	}
	d.launched.add(h, series, draw, demand)
}

// scenario reads a quantile of each month.
func (t *tally) scenario(h *horizon, name string, q, low, high float64) Scenario {
	s := Scenario{Name: name, Quantile: q}
	for m, span := range h.months {
		x := Month{Month: span.month, Widened: span.to > h.supported*week,
			Requests:     quantile(t.totals[requests][m], q),
			InputTokens:  quantile(t.totals[inputTokens][m], q),
			OutputTokens: quantile(t.totals[outputTokens][m], q),
		}
		x.Mean = x.Requests / float64(span.to-span.from) / 3600
		for _, share := range t.hours[m] {
			x.Hours = append(x.Hours, x.Mean*share)
		}
		top := x.Hours[len(x.Hours)-1]
		x.Peak = Range{min(top, x.Mean*quantile(t.sharp[m], low)), top, max(top, x.Mean*quantile(t.sharp[m], high))}
		s.Months = append(s.Months, x)
	}
	return s
}

func (t *tally) fan(h *horizon) (all []Fan) {
	for m, span := range h.months {
		f := Fan{Month: span.month}
		sorted := stat.Sorted(t.totals[requests][m])
		for i, q := range FanLevels {
			f.Values[i] = stat.NearestRank(sorted, q)
		}
		all = append(all, f)
	}
	return all
}

func quantile(values []float64, q float64) float64 {
	return stat.NearestRank(stat.Sorted(values), q)
}

func rangeOf(values []float64, low, high float64) Range {
	return Range{quantile(values, low), quantile(values, 0.5), quantile(values, high)}
}

// monthly is the growth of a month, from that of the logarithm of a week.
func monthly(slope float64) float64 { return math.Expm1(slope * monthWeeks) }
