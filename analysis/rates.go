package analysis

import (
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/stat"
)

// setRates computes everything that is per second of window, with the attainment.
func (m *measured) setRates(s *survey) {
	perSecond := func(series group.Series, unit string) Value {
		return ratioValue(stat.Ratio(series.All()), m.Issued, unit)
	}
	m.Throughput = perSecond(s.tokens, "tokens/s")
	m.OfferedRate = stat.Ratio(s.issued.All()).Value
	if m.OK > 0 {
		m.InputTokens, m.OutputTokens = float64(m.counts.prompt)/float64(m.OK), float64(m.counts.server)/float64(m.OK)
	}
	m.Attainment = attainment(s.all)
	m.Goodput = m.widen(perSecond(s.good, "req/s"))
	m.GoodTokens = m.widen(perSecond(s.goodTokens, "tokens/s"))
	if !(m.OfferedRate > 0) {
		m.OfferedRate = 0
		return
	}
	issued := stat.Ratio(s.issued.All()).Value
	m.rates = cost.Rates{
		Issued:   cost.Estimate{Value: issued, Low: issued, High: issued},
		Requests: estimate(m.Goodput),
		Tokens:   estimate(m.GoodTokens),
		Input:    estimate(m.widen(perSecond(s.goodInput, "tokens/s"))),
		Output:   estimate(m.widen(perSecond(s.goodOutput, "tokens/s"))),
		Cached:   stat.Ratio(s.goodCached.All()).Value,
	}
}

func attainment(t metric.Tally) Value {
	if t.N == 0 {
		return Value{Unit: "ratio", Note: NotMeasured}
	}
	pass := t.N - t.Misses
	i := stat.ShareInterval(pass, t.N, stat.Confidence)
	return Value{Estimate: float64(pass) / float64(t.N), Low: i.Low, High: i.High, Level: i.Level, N: t.N, Unit: "ratio"}
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
