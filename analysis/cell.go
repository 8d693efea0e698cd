package analysis

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// measured is a cell with what later steps need and a reader of the Study does not.
type measured struct {
	Cell
	level  float64 // requests per second, or the concurrency of a closed loop: loads are ordered by it
	closed bool
	rates  cost.Rates
	work   cost.Work
	steps  stepCounts

	answered []answered // where the run sweeps speculation, else nil
	tokens   delivered
	drawn    *drawn // nil where it is not valid
}

func (a *analysis) newMeasured(c *group.Cell) measured {
	m := measured{level: level(c.Load), closed: c.Load.Rate == 0, Cell: Cell{
		Arm: c.Arm.ID, Load: c.Load.ID,
		Valid: len(c.Invalid) == 0, Invalid: c.Invalid,
		Outcomes: map[string]int{},
		CDF:      map[string][]CDFPoint{},
	}}
	for _, t := range c.Trials {
		m.Trials = append(m.Trials, t.Key.ID)
	}
	for r := range c.All() {
		m.Issued++
		m.Outcomes[r.Outcome]++
		if r.Outcome == result.OK {
			m.OK++
		}
	}
	limits := a.run.LimitsOf(c.Load)
	m.Metrics = percentiles(c, limits.All())
	m.setRates(c, limits)
	m.setEngine(c)
	m.steps, m.tokens = newStepCounts(c), newDelivered(c)
	m.Held = held(c)
	if a.drafting {
		m.answered = newAnswered(c)
	}
	m.SLOs, m.Verdict = judge(c, a.run.SLOs)
	a.classify(&m, c)
	m.OverTime = newOverTime(c, a.run.SLOs)
	m.Verdict = m.OverTime.sustained(m.Verdict)
	m.CDF["ttft"], m.CDF["e2e"] = cdf(c, metric.TTFT), cdf(c, metric.E2E)
	m.CostAsRun = costAsRun(a.run.Cost, m.rates.Tokens)
	return m
}

func level(l record.Load) float64 {
	if l.Rate > 0 {
		return l.Rate
	}
	return float64(l.Concurrency)
}

// cdf is the empirical distribution over all issued requests: failures keep it below 1.
func cdf(c *group.Cell, of func(*result.Request) (float64, bool)) []CDFPoint {
	var values []float64
	for r := range c.All() {
		v, _ := of(r)
		values = append(values, v)
	}
	values = stat.Sorted(values)
	var points []CDFPoint
	for i, v := range values {
		if math.IsInf(v, 1) {
			break
		}
		y := float64(i+1) / float64(len(values))
		if n := len(points); n > 0 && points[n-1].X == v {
			points[n-1].Y = y
			continue
		}
		points = append(points, CDFPoint{X: v, Y: y})
	}
	return points
}

// setEngine fills in what the engine's own counters say, summed over repetitions.
func (m *measured) setEngine(c *group.Cell) {
	busy, finished := busyTimes(c)
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
	price, err := cost.ParsePrice(plan.PricePerHour, plan.Currency)
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
