package analysis

import (
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// quoted are the percentiles of every metric, with those that SLOs name.
func quoted(name string, slos []record.SLO) []float64 {
	ps := []float64{0.5, 0.9, 0.95, 0.99}
	for _, s := range slos {
		if s.Metric == name && !slices.Contains(ps, s.Percentile) {
			ps = append(ps, s.Percentile)
		}
	}
	slices.Sort(ps)
	return ps
}

// percentiles computes every metric of a cell over the merged raw samples.
func percentiles(c *group.Cell, slos []record.SLO) []Percentiles {
	var out []Percentiles
	for _, l := range metric.Latencies() {
		out = append(out, latency(c, l, quoted(l.Name, slos)))
	}
	for _, p := range metric.PooledGaps() {
		out = append(out, pooled(c, p, quoted(p.Name, slos)))
	}
	return out
}

// latency handles a metric of one value per request: its neighbours in issue order
// and its repetitions decide how many independent samples it is worth.
func latency(c *group.Cell, l metric.Latency, ps []float64) Percentiles {
	var runs [][]float64
	var series []stat.Series
	for _, t := range c.Trials {
		var defined []float64
		s := stat.Series{Num: make([]float64, len(t.Requests)), Den: make([]float64, len(t.Requests))}
		for i := range t.Requests {
			if v, ok := l.Of(&t.Requests[i]); ok {
				defined = append(defined, v)
				s.Num[i], s.Den[i] = v, 1
			}
		}
		runs, series = append(runs, defined), append(series, s)
	}
	sorted := stat.Sorted(slices.Concat(runs...))
	p := Percentiles{Metric: l.Name, Samples: len(sorted)}
	p.Mean = ratioValue(stat.Ratio(series), len(sorted), "ns")
	for _, q := range ps {
		p.Quoted = append(p.Quoted, quote(sorted, q, false, func(threshold float64) int {
			return stat.EffectiveSamples(runs, threshold, q)
		}))
	}
	return p
}

// pooled handles a metric of several values per request, which hang together inside
// the request: a percentile needs as many effective samples as its floor says.
func pooled(c *group.Cell, m metric.Pooled, ps []float64) Percentiles {
	var runs []stat.Requests
	var series []stat.Series
	for _, t := range c.Trials {
		s, run := stat.Series{}, make(stat.Requests, len(t.Requests))
		for i := range t.Requests {
			values := m.Of(&t.Requests[i])
			run[i] = values
			s.Num, s.Den = append(s.Num, total(values)), append(s.Den, float64(len(values)))
		}
		runs, series = append(runs, run), append(series, s)
	}
	var all [][]float64
	for _, run := range runs {
		all = append(all, run...)
	}
	sorted := stat.Sorted(slices.Concat(all...))
	p := Percentiles{Metric: m.Name, Samples: len(sorted)}
	p.Mean = ratioValue(stat.Ratio(series), len(sorted), "ns")
	for _, q := range ps {
		p.Quoted = append(p.Quoted, quote(sorted, q, true, func(threshold float64) int {
			return stat.EffectiveClustered(runs, threshold, q)
		}))
	}
	return p
}

func total(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum
}

func quote(sorted []float64, p float64, byEffective bool, effective func(threshold float64) int) PercentileValue {
	v := PercentileValue{P: p, Value: Value{N: len(sorted), Unit: "ns", Note: Insufficient}}
	if len(sorted) < stat.Floor(p, stat.Confidence) {
		return v
	}
	n := max(effective(stat.NearestRank(sorted, p)), 1)
	if byEffective && n < stat.Floor(p, stat.Confidence) {
		return v
	}
	q := stat.NewQuantile(sorted, p, n)
	// Too few independent samples for a lower end leave the one that every wait has: 0.
	v.Value = Value{Estimate: q.Value, Low: max(q.Shown.Low, 0), High: q.Shown.High, Level: q.Shown.Level, N: q.N, Unit: "ns"}
	v.JudgeLow, v.JudgeHigh = max(q.Conservative.Low, 0), q.Conservative.High
	if math.IsInf(q.Value, 1) {
		v.Value.Note, v.Value.Beyond = BeyondOK, slowest(sorted)
	}
	return v
}

// slowest is the largest finite one of ascending values, 0 without any.
func slowest(sorted []float64) float64 {
	for _, v := range slices.Backward(sorted) {
		if !math.IsInf(v, 1) {
			return v
		}
	}
	return 0
}
