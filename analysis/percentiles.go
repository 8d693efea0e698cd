package analysis

import (
	"iter"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
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

// sampled is what a metric's stage ends with.
type sampled struct {
	means  []stat.Series // by repetition: terms of the mean
	runs   [][]float64   // values by repetition, of a metric of one for each request
	order  *stat.Order
	finite int // values that are no failures
	quoted []PercentileValue
}

func (s sampled) percentiles(name string) Percentiles {
	n := s.order.Len()
	return Percentiles{Metric: name, Samples: n, Quoted: s.quoted, Mean: ratioValue(stat.Ratio(s.means), n, "ns")}
}

// latency is a stage for a metric of one value per request: its neighbours in issue order
// and its repetitions decide how many independent samples it is worth.
type latency struct {
	metric.Latency
	cell   *group.Cell
	ps     []float64
	runs   [][]float64 // defined values by repetition, in issue order
	finite int
	series group.Series
	done   func(name string, s sampled)
}

func (l *latency) bytes() int { return 8 * l.cell.Requests() }

func (l *latency) begin() {
	l.series = l.cell.NewSeries()
	for _, t := range l.cell.Trials {
		l.runs = append(l.runs, buffers.Take(t.Requests.Len()))
	}
}

func (l *latency) see(trial int, r *result.Request) {
	v, ok := l.Of(r)
	if !ok {
		l.series.Add(trial, 0, 0)
		return
	}
	l.series.Add(trial, v, 1)
	l.runs[trial] = append(l.runs[trial], v)
	if !math.IsInf(v, 1) {
		l.finite++
	}
}

func (l *latency) finish() {
	n := 0
	for _, r := range l.runs {
		n += len(r)
	}
	order := stat.NewOrder(n, slices.Values(l.runs))
	q := quote(order, l.finite, l.ps, false, func(thresholds, ps []float64) []int {
		var effective []int
		for i, t := range thresholds {
			effective = append(effective, stat.EffectiveSamples(l.runs, t, ps[i]))
		}
		return effective
	})
	l.done(l.Name, sampled{l.series.All(), l.runs, order, l.finite, q})
	for _, r := range l.runs {
		buffers.Give(r)
	}
	l.runs, l.series = nil, nil
}

// buffers has memory of values of single trials, which nothing keeps beyond a stage's end.
var buffers stat.Buffers

// pooled is a stage for a metric of several values per request, which hang together inside
// the request: a percentile needs as many effective samples as its floor says.
type pooled struct {
	metric.Pooled
	cell   *group.Cell
	ps     []float64
	values *group.Values
	finite int
	series group.Series
	done   func(name string, s sampled)
}

func (p *pooled) events() (n int) {
	for _, t := range p.cell.Trials {
		n += t.Requests.Events()
	}
	return n
}

func (p *pooled) bytes() int { return 4*p.cell.Requests() + 8*p.events() }

func (p *pooled) begin() {
	p.series = p.cell.NewSeries()
	p.values = group.NewValues(p.cell.Trials, p.Append)
	p.values.Reserve(p.events())
}

func (p *pooled) see(trial int, r *result.Request) {
	values := p.values.Add(trial, r)
	sum := total(values)
	p.series.Add(trial, sum, float64(len(values)))
	p.finite += len(values)
	if math.IsInf(sum, 1) {
		p.finite -= infinite(values)
	}
}

func (p *pooled) finish() {
	order := p.values.Order()
	var runs []iter.Seq[[]float64]
	for i := range p.cell.Trials {
		runs = append(runs, p.values.Trial(i))
	}
	q := quote(order, p.finite, p.ps, true, func(thresholds, ps []float64) []int {
		return stat.EffectiveClustered(runs, thresholds, ps)
	})
	p.done(p.Name, sampled{means: p.series.All(), order: order, finite: p.finite, quoted: q})
	p.values.Release()
	p.values, p.series = nil, nil
}

func infinite(values []float64) (n int) {
	for _, v := range values {
		if math.IsInf(v, 1) {
			n++
		}
	}
	return n
}

func total(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum
}

// quote makes the percentiles ps of ordered values, of which some are finite. effective says how many independent samples these are worth at each
// of the percentiles that have enough of them.
func quote(order *stat.Order, finite int, ps []float64, byEffective bool, effective func(thresholds, ps []float64) []int) []PercentileValue {
	out := make([]PercentileValue, len(ps))
	var enough, ranks []int
	var of []float64
	for i, p := range ps {
		out[i] = PercentileValue{P: p, Value: Value{N: order.Len(), Unit: "ns", Note: Insufficient}}
		if order.Len() >= stat.Floor(p, stat.Confidence) {
			enough, of, ranks = append(enough, i), append(of, p), append(ranks, stat.Rank(order.Len(), p))
		}
	}
	if len(enough) == 0 {
		return out
	}
	order.Fetch(ranks...)
	var thresholds []float64
	for _, r := range ranks {
		thresholds = append(thresholds, order.At(r))
	}
	ranks = nil
	worth := effective(thresholds, of)
	for k, p := range of {
		worth[k] = max(worth[k], 1)
		ranks = append(ranks, stat.QuantileRanks(order.Len(), p, worth[k])...)
	}
	order.Fetch(ranks...)
	for k, i := range enough {
		if !byEffective || worth[k] >= stat.Floor(ps[i], stat.Confidence) {
			out[i].fill(stat.NewQuantileOf(order, ps[i], worth[k]), order, finite)
		}
	}
	return out
}

func (v *PercentileValue) fill(q stat.Quantile, order *stat.Order, finite int) {
	// Too few independent samples for a lower end leave the one that every wait has: 0.
	v.Value = Value{Estimate: q.Value, Low: max(q.Shown.Low, 0), High: q.Shown.High, Level: q.Shown.Level, N: q.N, Unit: "ns"}
	v.JudgeLow, v.JudgeHigh = max(q.Conservative.Low, 0), q.Conservative.High
	if math.IsInf(q.Value, 1) {
		v.Value.Note, v.Value.Beyond = BeyondOK, slowest(order, finite)
	}
}

// slowest is the largest one of the finite values, 0 without any.
func slowest(order *stat.Order, finite int) float64 {
	if finite == 0 {
		return 0
	}
	return order.At(finite - 1)
}
