package analysis

import (
	"fmt"
	"math"
	"strings"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// measured is a cell with what later steps need and a reader of the Study does not.
type measured struct {
	Cell
	level  float64 // requests per second, or the concurrency of a closed loop: loads are ordered by it
	closed bool
	rates  cost.Rates
	work   cost.Work
	steps  stepCounts

	answered  []answered // where the run sweeps speculation, else nil
	tokens    delivered
	counts    counts
	gaps      []gap // the longest of each trial
	unchecked []string
	cacheless bool      // it does not tell what it read from its cache, whose state the load declares
	list      *listing  // nil where the arm is not paid by the token
	drawn     *drawn    // nil where it is not valid, and of confirmation cells
	latency   []float64 // what drawn has of it
}

// newMeasured measures a cell, in walks that hold about room bytes. Cells are measured at the same time. Those of the sweep are drawn.
func (a *analysis) newMeasured(c *group.Cell, sweep bool, room int) (*measured, error) {
	m := &measured{level: level(c.Load), closed: c.Load.Rate == 0, Cell: Cell{
		Arm: c.Arm.ID, Load: c.Load.ID,
		Valid: len(c.Invalid) == 0, Invalid: c.Invalid,
		Outcomes: map[string]int{},
		CDF:      map[string][]CDFPoint{},
	}, steps: newStepCounts(c)}
	for _, t := range c.Trials {
		m.Trials = append(m.Trials, t.Key.ID)
		m.gaps = append(m.gaps, gap{trial: t.Key})
	}
	m.noteUnchecked(c, a.mixed)
	if a.drafting {
		m.answered = newAnswered(c)
	}
	limits := a.run.LimitsOf(c.Load)
	stages := percentiles(c, limits.All(), func(name string, s sampled) {
		m.Metrics = append(m.Metrics, s.percentiles(name))
		s.drawInto(m.CDF, name)
		if name == frontMetric && sweep && m.Valid {
			m.latency = a.drawLatency(m, c, s)
		}
	})
	m.list = a.listingOf(c.Arm)
	s := &survey{cell: c, limits: limits, m: m}
	judged, more := a.judge(c, limits, m)
	stages = append(append(stages, s), more...)
	if err := runStages(c, room, stages); err != nil {
		return nil, err
	}
	m.setRates(s)
	m.setEngine(c, s.okays)
	m.Held, m.Teams, m.Cache = s.held(), s.teams(), s.cacheUse()
	m.settle(judged, limits, s)
	m.OverTime = newOverTime(c, a.run.SLOs)
	m.Verdict = m.OverTime.sustained(m.Verdict)
	m.CostAsRun = a.asRun(c.Arm, m)
	if sweep {
		m.setDrawn(a, c, s, judged)
	}
	return m, c.Err()
}

// noteUnchecked notes what could not be checked, but for what is said of all such arms in one sentence where systems are compared.
func (m *measured) noteUnchecked(c *group.Cell, mixed bool) {
	for _, u := range c.Unchecked {
		if c.Arm.Deployment != nil && strings.HasSuffix(u, group.NoOccupancy) {
			continue
		}
		if mixed && c.Arm.Deployment != nil && strings.HasSuffix(u, group.NoCacheCounts) {
			m.cacheless = true
			continue
		}
		m.unchecked = append(m.unchecked, fmt.Sprintf("%s at %s: %s.", c.Arm.Name, c.Load.Name, u))
	}
}

// percentiles are stages for every metric of a cell, over the merged raw samples.
func percentiles(c *group.Cell, slos []record.SLO, done func(name string, s sampled)) []stage {
	var stages []stage
	for _, l := range metric.Latencies() {
		stages = append(stages, &latency{Latency: l, cell: c, ps: quoted(l.Name, slos), done: done})
	}
	for _, p := range metric.PooledGaps() {
		stages = append(stages, &pooled{Pooled: p, cell: c, ps: quoted(p.Name, slos), done: done})
	}
	return stages
}

func level(l record.Load) float64 {
	if l.Rate > 0 {
		return l.Rate
	}
	return float64(l.Concurrency)
}

// cdfSteps is how many steps of a distribution of more than cdfAll requests are kept: those at equal distances of the
// share, so that the curve moves by less than 1/512 of the figure's height, under a pixel; the first and the last one stay.
const (
	cdfAll   = 2048
	cdfSteps = 512
)

// drawInto adds the distribution of a metric that figures are made of.
func (s sampled) drawInto(cdfs map[string][]CDFPoint, name string) {
	if name == "ttft" || name == "e2e" {
		cdfs[name] = cdf(s.order, s.finite)
	}
}

// cdf is the empirical distribution over all issued requests: failures, which are not among the finite ones, keep it
// below 1.
func cdf(order *stat.Order, finite int) []CDFPoint {
	steps := finite
	var ranks []int
	if order.Len() > cdfAll && finite > cdfSteps {
		steps, ranks = cdfSteps, []int{0}
	}
	for k := range steps {
		ranks = append(ranks, (k+1)*finite/steps-1)
	}
	order.Fetch(ranks...)
	var points []CDFPoint
	for _, i := range ranks {
		v, y := order.At(i), float64(i+1)/float64(order.Len())
		if k := len(points); k > 0 && points[k-1].X == v {
			points[k-1].Y = y
			continue
		}
		points = append(points, CDFPoint{X: v, Y: y})
	}
	return points
}

// setEngine fills in what the engine's own counters say, summed over repetitions.
func (m *measured) setEngine(c *group.Cell, okays []int) {
	busy, finished := busyTimes(c, okays)
	var drafts, drafted, accepted, asked, hits int64
	var at []int64
	for _, t := range c.Trials {
		e := t.Engine
		m.work.Prefill += e.PrefillOps
		m.work.Decode += e.DecodeOps
		drafts += e.Drafts
		drafted += e.DraftTokens
		accepted += e.AcceptedTokens
		asked += e.PromptTokens
		hits += e.PrefixHitTokens
		m.Preempted += e.Preemptions
		m.Evicted += e.Evictions
		at = addColumns(at, e.AcceptedAt)
	}
	m.BusyPerRequest = busyPerRequest(busy, finished)
	m.Acceptance, m.AcceptanceRate = acceptance(drafts, drafted, accepted, at)
	m.PrefixHits = exactShare(hits, asked)
	m.leaveOutUntold(c)
}

// busyTimes are the engine's busy nanoseconds and the finished requests of each repetition, those of the warm-up
// included, as the counters are of all. okays are those that are not trimmed.
func busyTimes(c *group.Cell, okays []int) (busy, finished []float64) {
	for i, t := range c.Trials {
		busy, finished = append(busy, float64(t.Engine.BusyNS)), append(finished, float64(okays[i]+t.Trimmed.Requests.Len()))
	}
	return busy, finished
}

func addColumns(sum, add []int64) []int64 {
	for i, v := range add {
		if i == len(sum) {
			sum = append(sum, 0)
		}
		sum[i] += v
	}
	return sum
}

// busyPerRequest is one exact figure for one trial; its spread shows only between
// repetitions.
func busyPerRequest(busy, finished []float64) Value {
	ratio, interval, ok := stat.ClusterRatio(busy, finished)
	n := 0.0
	for _, f := range finished {
		n += f
	}
	if n == 0 || !(ratio > 0) {
		return Value{Unit: "ns", Note: NotMeasured}
	}
	v := Value{Estimate: ratio, Low: ratio, High: ratio, Level: stat.Confidence, N: int(n), Unit: "ns"}
	if ok {
		v.Low, v.High = max(interval.Low, 0), interval.High
	}
	return v
}

// acceptance gives the accepted length per verify step with the bonus token, and the
// accepted share of the drafted tokens. at[j] counts the steps that accepted at least
// j+1 drafts, so the second moment of the accepted length is the sum of
// (2j+1) at[j] / drafts. Steps are taken as independent.
func acceptance(drafts, drafted, accepted int64, at []int64) (length, rate Value) {
	if drafts == 0 || drafted == 0 {
		none := Value{Unit: "ratio", Note: NotMeasured}
		return none, none
	}
	n := float64(drafts)
	mean, square := float64(accepted)/n, 0.0
	for j, steps := range at {
		square += float64(2*j+1) * float64(steps) / n
	}
	half := 0.0
	if len(at) > 0 && drafts > 1 {
		half = stat.StudentQuantile(n-1) * math.Sqrt(max(square-mean*mean, 0)/(n-1))
	}
	perStep := float64(drafted) / n
	length = Value{Estimate: mean + 1, Low: max(mean-half, 0) + 1, High: mean + half + 1, Level: stat.Confidence, N: int(drafts), Unit: "ratio"}
	rate = Value{Estimate: mean / perStep, Low: max(mean-half, 0) / perStep, High: min((mean+half)/perStep, 1),
		Level: stat.Confidence, N: int(drafted), Unit: "ratio"}
	return length, rate
}

func exactShare(hits, of int64) Value {
	if of == 0 {
		return Value{Unit: "ratio", Note: NotMeasured}
	}
	s := float64(hits) / float64(of)
	return Value{Estimate: s, Low: s, High: s, Level: stat.Confidence, N: int(of), Unit: "ratio"}
}

// costAsRun prices the tokens of this load with nothing for idle time.
func costAsRun(plan record.CostPlan, tokens cost.Estimate) Value {
	v := Value{Unit: moneyUnit(plan.Currency)}
	price, err := cost.ParsePerHour(plan.PricePerHour, plan.Currency)
	if err != nil {
		v.Note = NotPriced
		return v
	}
	e, err := cost.AsRun(price, tokens)
	if err != nil {
		v.Note = fmt.Sprint(err)
		return v
	}
	return moneyValue(e, v.Unit, 0)
}

// countedShare is a share of counted things, taken as independent.
func countedShare(hits, of int64) Value {
	v := exactShare(hits, of)
	if of > 0 {
		i := stat.Wilson(int(hits), int(of))
		v.Low, v.High = i.Low, i.High
	}
	return v
}
