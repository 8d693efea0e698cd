package simulate

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

func percentileName(metric string, p float64) string { return fmt.Sprintf("%s_p%.0f", metric, 100*p) }

// compare is one set of definitions for what was measured and what is predicted: the median over replays.
func compare(trials []*trialData, predicted, own []figures) (all []CheckedPair) {
	var sets [][]result.Request
	n := 0
	for _, d := range trials {
		sets, n = append(sets, d.requests), n+len(d.requests)
	}
	t, _ := pair("throughput", throughput(trials, sets), predicted, own)
	all = append(all, t)
	for _, m := range latencies {
		a := values(m, sets...)
		for _, p := range compared {
			if len(a) < stat.Floor(p, .95) {
				continue
			}
			q := stat.NewQuantileOf(stat.Ascending(a), p, effective(m, len(a), n))
			c, ok := pair(percentileName(m, p), q.Value, predicted, own)
			if c.Low, c.High = q.Conservative.Low, q.Conservative.High; ok {
				all = append(all, c)
			}
		}
	}
	return all
}

// pair is one figure, measured and predicted, where replays have it.
func pair(name string, measured float64, predicted, own []figures) (c CheckedPair, ok bool) {
	p, o := ascendingOf(name, predicted), ascendingOf(name, own)
	if len(p) == 0 || len(o) == 0 {
		return c, false
	}
	return CheckedPair{Metric: name, Measured: measured, Predicted: stat.NearestRank(p, .5), Least: p[0], Most: p[len(p)-1], Own: stat.NearestRank(o, .5)}, true
}

// ascendingOf is one figure of all replays that have it.
func ascendingOf(name string, replays []figures) (v []float64) {
	for _, f := range replays {
		if x, ok := f[name]; ok {
			v = append(v, x)
		}
	}
	slices.Sort(v)
	return v
}

// effective is how many independent values there are: tokens of one step have one gap in common, so of gaps no more than requests.
func effective(metric string, values, requests int) int {
	if metric == "itl" {
		return min(values, requests)
	}
	return values
}

// values are a metric's over all requests, sorted.
func values(name string, sets ...[]result.Request) (v []float64) {
	for _, requests := range sets {
		for i := range requests {
			v = appendValues(v, name, &requests[i])
		}
	}
	slices.Sort(v)
	return v
}

func appendValues(v []float64, name string, r *result.Request) []float64 {
	x := 0.0
	switch name {
	case "itl":
		return metric.AppendITL(v, r)
	case "ttft":
		x, _ = metric.TTFT(r)
	case "e2e":
		x, _ = metric.E2E(r)
	case "tpot":
		tpot, defined := metric.TPOT(r)
		if !defined {
			return v
		}
		x = tpot
	}
	return append(v, x)
}

// Relative is predicted over measured, less 1; 0 where both are infinite, infinite where one is.
func (p CheckedPair) Relative() float64 { return off(p.Predicted, p.Measured) }

// OwnRelative is likewise of what is predicted with the trial's own steps.
func (p CheckedPair) OwnRelative() float64 { return off(p.Own, p.Measured) }

func off(predicted, measured float64) float64 {
	switch {
	case math.IsInf(measured, 1) && math.IsInf(predicted, 1):
		return 0
	case math.IsInf(measured, 1) || math.IsInf(predicted, 1) || measured == 0:
		return math.Inf(1)
	}
	return predicted/measured - 1
}

// MarshalJSON has -1 for what is infinite: a percentile that is a failed request's.
func (p CheckedPair) MarshalJSON() ([]byte, error) {
	type plain CheckedPair
	for _, x := range []*float64{&p.Measured, &p.Low, &p.High, &p.Predicted, &p.Least, &p.Most, &p.Own} {
		*x = finite(*x)
	}
	return json.Marshal(plain(p))
}

// MarshalJSON has -1 for what is infinite.
func (e Error) MarshalJSON() ([]byte, error) {
	type plain Error
	e.Median, e.Worst, e.OwnMedian, e.OwnWorst = finite(e.Median), finite(e.Worst), finite(e.OwnMedian), finite(e.OwnWorst)
	return json.Marshal(plain(e))
}

func finite(x float64) float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return -1
	}
	return x
}

// errorsOf sums up cells by metric, in the order in which metrics come.
func errorsOf(cells []CheckedCell) (all []Error) {
	var names []string
	pairs := map[string][]CheckedPair{}
	for _, c := range cells {
		for _, m := range c.Metrics {
			if pairs[m.Metric] == nil {
				names = append(names, m.Metric)
			}
			pairs[m.Metric] = append(pairs[m.Metric], m)
		}
	}
	for _, name := range names {
		all = append(all, errorOf(name, pairs[name]))
	}
	return all
}

// Close is the relative error up to which predictions are counted as close.
const Close = .15

func errorOf(name string, pairs []CheckedPair) Error {
	e := Error{Metric: name, Cells: len(pairs)}
	var sizes, own []float64
	for _, m := range pairs {
		sizes, own = append(sizes, math.Abs(m.Relative())), append(own, math.Abs(m.OwnRelative()))
		e.Close += countOf(sizes[len(sizes)-1] <= Close)
		e.OwnClose += countOf(own[len(own)-1] <= Close)
		e.Inside += countOf(m.Low <= m.Predicted && m.Predicted <= m.High)
		e.Covered += countOf(m.Least <= m.Measured && m.Measured <= m.Most)
	}
	a, b := stat.Sorted(sizes), stat.Sorted(own)
	e.Median, e.Worst, e.OwnMedian, e.OwnWorst = stat.NearestRank(a, .5), a[len(a)-1], stat.NearestRank(b, .5), b[len(b)-1]
	return e
}

func countOf(is bool) int {
	if is {
		return 1
	}
	return 0
}

// busier is how much fuller than a prediction cells may be that tell of its error.
const busier = 1.25

// ErrorsAt sums up the cells that are not much fuller than a prediction. Where none is as full as it, its errors are marked.
func (v *Validation) ErrorsAt(occupancy float64) []Error {
	if v == nil {
		return nil
	}
	least, most := math.Inf(1), 0.0
	for _, c := range v.Cells {
		least, most = min(least, c.Occupancy), max(most, c.Occupancy)
	}
	var near []CheckedCell
	for _, c := range v.Cells { // the least full ones tell of what is less full still
		if c.Occupancy <= max(occupancy, least)*busier {
			near = append(near, c)
		}
	}
	all := errorsOf(near)
	for i := range all {
		all[i].Beyond = most*busier < occupancy
	}
	return all
}
