package analysis

import (
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// setRates computes everything that is per second of window, with the attainment.
func (m *measured) setRates(c *group.Cell, limits record.Limits) {
	good := func(of func(*result.Request) int) func(group.Trial, *result.Request) float64 { return good(limits, of) }
	perSecond := func(of func(group.Trial, *result.Request) float64) stat.RatioEstimate {
		return stat.Ratio(c.PerSecond(of))
	}
	n := c.Requests()
	m.Throughput = ratioValue(perSecond(func(t group.Trial, r *result.Request) float64 {
		return float64(t.Tokens(r))
	}), n, "tokens/s")
	m.OfferedRate = stat.Ratio(c.PerSecond(issued)).Value
	m.Attainment = attainment(c, limits)

	one := func(*result.Request) int { return 1 }
	m.Goodput = m.widen(ratioValue(perSecond(good(one)), n, "req/s"))
	m.GoodTokens = m.widen(ratioValue(perSecond(good(promptAndOutput)), n, "tokens/s"))
	if !(m.OfferedRate > 0) {
		m.OfferedRate = 0
		return
	}
	m.rates = cost.Rates{
		Requests: estimate(m.Goodput),
		Tokens:   estimate(m.GoodTokens),
		Input:    estimate(m.widen(ratioValue(perSecond(good(computedPrompt)), n, "tokens/s"))),
		Output:   estimate(m.widen(ratioValue(perSecond(good(metric.OutputTokens)), n, "tokens/s"))),
		Cached:   perSecond(good(cachedPrompt)).Value,
	}
}

// good counts something of the requests in the window that meet every limit.
func good(limits record.Limits, of func(*result.Request) int) func(group.Trial, *result.Request) float64 {
	return func(t group.Trial, r *result.Request) float64 {
		if !metric.IssuedInWindow(r, t.WindowNS) || metric.JudgeAll(limits.Of(r.Class), r) != metric.Pass {
			return 0
		}
		return float64(of(r))
	}
}

func issued(t group.Trial, r *result.Request) float64 {
	if metric.IssuedInWindow(r, t.WindowNS) {
		return 1
	}
	return 0
}

func promptAndOutput(r *result.Request) int {
	return metric.PromptTokens(r) + metric.OutputTokens(r)
}

func computedPrompt(r *result.Request) int { return max(metric.PromptTokens(r)-r.CachedTokens, 0) }

func cachedPrompt(r *result.Request) int { return min(r.CachedTokens, metric.PromptTokens(r)) }

func attainment(c *group.Cell, limits record.Limits) Value {
	misses, n := metric.Count(c.All(), func(r *result.Request) metric.Judgement { return metric.JudgeAll(limits.Of(r.Class), r) })
	if n == 0 {
		return Value{Unit: "ratio", Note: NotMeasured}
	}
	pass := n - misses
	i := stat.ShareInterval(pass, n, stat.Confidence)
	return Value{Estimate: float64(pass) / float64(n), Low: i.Low, High: i.High, Level: i.Level, N: n, Unit: "ratio"}
}

// widen stretches a rate's interval to at least what the attainment's exact
// interval leaves open. When all of 60 requests are good nothing varies
// but their lengths, and from those alone the rate would be known too well.
func (m *measured) widen(v Value) Value {
	if !v.Known() || !m.Attainment.Known() || m.Attainment.Estimate == 0 {
		return v
	}
	scale := v.Estimate / m.Attainment.Estimate
	v.Low = min(v.Low, scale*m.Attainment.Low)
	v.High = max(v.High, scale*m.Attainment.High)
	return v
}

func estimate(v Value) cost.Estimate {
	if !v.Known() {
		return cost.Estimate{}
	}
	return cost.Estimate{Value: v.Estimate, Low: v.Low, High: v.High}
}
