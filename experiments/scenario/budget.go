package scenario

import (
	"fmt"
	"math"
	"time"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/gate"
	"github.com/assaylab/assay/analysis/strict"
)

// LoadBudgets reads a file of budgets. The error holds every problem of the file, as that of Load does.
func LoadBudgets(path string) ([]gate.Budget, error) {
	text, err := readText(path, "budgets")
	if err != nil {
		return nil, err
	}
	return ParseBudgets(path, text)
}

// ParseBudgets reads budgets from text; file names it in messages.
func ParseBudgets(file string, text []byte) ([]gate.Budget, error) {
	t, err := decode(file, text)
	if err != nil {
		return nil, err
	}
	var all []gate.Budget
	for _, c := range t.children("budget") {
		all = append(all, c.budget())
	}
	if c, ok := t.child("equality"); ok {
		all = append([]gate.Budget{gate.OutputsBudget(c.path, c.text("arm", ""))}, all...)
		c.finish()
	}
	if len(all) == 0 && !t.has("budget") {
		t.report("budget", "missing", "at least one [[budget]] table, or [equality]", `add [[budget]] with metric = "p95 ttft" and limit = "100ms"`)
	}
	t.finish()
	if len(t.problems) > 0 {
		return nil, strict.Join(t.problems)
	}
	return all, nil
}

func (t *table) budget() gate.Budget {
	b := gate.Budget{Key: t.path, Arm: t.text("arm", ""), Load: t.text("load", ""), Limit: math.NaN(), Ratio: math.NaN()}
	text := t.requiredText("metric", "a metric", `"p95 ttft"`)
	if text != "" {
		b.Metric = t.metric(text)
	}
	t.known = append(t.known, "limit", "max_increase", "max_decrease")
	if b.Metric.Name == "" {
		t.finish()
		return b
	}
	if (b.Metric.Name == gate.Perplexity || b.Metric.Name == gate.Capacity) && b.Load != "" {
		t.bad("load", b.Load, "no load: "+b.Metric.Name+" is an arm's", "remove load")
	}
	t.bounds(&b)
	t.finish()
	return b
}

func (t *table) metric(text string) compare.Metric {
	switch text {
	case gate.Perplexity:
		return compare.Metric{Name: text}
	case gate.Capacity:
		return gate.CapacityMetric()
	}
	m, err := compare.ParseMetric(text)
	if err != nil {
		t.bad("metric", text, `a percentile and a latency, as "p95 ttft", of ttft, tpot, itl and e2e; or throughput, capacity, failures or perplexity`, "")
	}
	return m
}

// bounds reads a limit, a bound on change, or both.
func (t *table) bounds(b *gate.Budget) {
	change, other := "max_increase", "max_decrease"
	if b.Metric.HigherBetter {
		change, other = other, change
	}
	if v, ok := t.take(other); ok {
		t.bad(other, v, fmt.Sprintf("%s for %s", change, b.Metric.Name), "the bound is on what is worse")
	}
	v, hasLimit := t.take("limit")
	if hasLimit {
		b.Limit = t.limit(v, b.Metric)
	}
	c, hasChange := t.take(change)
	switch {
	case hasChange && b.Metric.Name == compare.Failures:
		t.bad(change, c, "a limit for failures, of which there may have been none before", "write limit = 0.01")
	case hasChange:
		x := t.number(change, 0, interval{lo: 0, hi: 10})
		b.Ratio = 1 + x
		if b.Metric.HigherBetter {
			b.Ratio = 1 - min(x, 1)
		}
	case !hasLimit:
		t.missing("limit", "a limit, or "+change+" since the baseline", t.example(b.Metric))
	}
}

func (t *table) example(m compare.Metric) string {
	switch {
	case m.Unit == "ns":
		return `"100ms"`
	case m.Name == compare.Failures:
		return "0.01"
	}
	return "20"
}

// limit reads a duration for a latency, and a number for anything else.
func (t *table) limit(v any, m compare.Metric) float64 {
	if m.Unit == "ns" {
		return float64(t.duration("limit", time.Second, "100ms"))
	}
	allowed := interval{lo: 0, hi: 1e12}
	if m.Name == compare.Failures {
		allowed.hi = .5
	}
	if x, ok := asFloat(v); ok && allowed.has(x) {
		return x
	}
	t.bad("limit", v, allowed.String(), "write limit = "+t.example(m))
	return math.NaN()
}
