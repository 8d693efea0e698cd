package scenario

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/demand"
	"github.com/assaylab/assay/analysis/forecast"
	"github.com/assaylab/assay/analysis/strict"
)

// planned are the scenarios that a plan can be for.
var planned = []string{forecast.Low, forecast.Expected, forecast.High, forecast.Launched}

func (r *reader) planDemand(p *CapacityPlan, t *table) {
	c := r.required(t, "demand")
	d := &p.Demand
	if !c.has("plan_for") {
		c.missing("plan_for", oneOf(planned)+": the demand that has to be served", `"high"`)
	}
	d.PlanFor = c.choice("plan_for", forecast.High, planned)
	d.Seed = uint64(c.integer("seed", 1, 0, math.MaxInt))
	d.Draws = c.integer("draws", 0, 50, 100_000)
	d.Model = c.text("model", "")
	d.History = c.text("history", "")
	c.history(d)
	if s, ok := c.child("stated"); ok {
		d.Stated = s.stated()
		d.Input, d.Output = d.Stated.InputTokens, d.Stated.OutputTokens
	}
	switch {
	case d.History == "" && d.Stated == nil:
		c.missing("history", "a CSV file of hourly demand, or a table [demand.stated]", `"demand.csv"`)
	case d.History != "" && d.Stated != nil:
		r.report(c.key("stated"), "stated demand beside a history", "one of them", "remove history or [demand.stated]")
	}
	for _, l := range c.children("launch") {
		d.Launches = append(d.Launches, l.launch(d.Launches))
	}
	if d.PlanFor == forecast.Launched && len(d.Launches) == 0 {
		c.bad("plan_for", d.PlanFor, "a [[demand.launch]] to plan for, or another scenario", `write plan_for = "high"`)
	}
	c.finish()
}

// history reads what is said about the file.
func (t *table) history(d *PlanDemand) {
	d.Read = demand.Options{Zone: t.text("zone", ""), Gaps: demand.Gaps(t.choice("gaps", "", []string{string(demand.GapsInterpolated), string(demand.GapsZero)}))}
	if d.History == "" {
		for _, name := range []string{"zone", "gaps", "model"} {
			if t.has(name) {
				t.bad(name, t.values[name], "no "+name+" without a history", "remove it, or add history")
			}
		}
	}
}

func (t *table) stated() *demand.Stated {
	positive, share := interval{lo: 0, hi: 1e12, open: true}, interval{lo: 0, hi: 10}
	s := &demand.Stated{
		Zone:         t.requiredText("zone", "a time zone by its IANA name", `"UTC"`),
		Rate:         t.needed("requests_per_hour", positive, "the mean over a week", "3600"),
		InputTokens:  t.needed("prompt_tokens", positive, "of a request, mean", "400"),
		OutputTokens: t.needed("output_tokens", positive, "of a request, mean", "200"),
		Noise:        t.number("noise", 0, interval{lo: 0, hi: 3}),
	}
	s.Now = t.date("now", "that the rate is of")
	if c, ok := t.child("growth"); ok {
		growth := interval{lo: -0.9, hi: 2}
		s.Growth = demand.Growth{Low: c.needed("low", growth, "of a month, with 10 % probability below", "0.02"),
			Expected: c.needed("expected", growth, "of a month", "0.05"), High: c.needed("high", growth, "of a month, with 10 % probability above", "0.08")}
		c.finish()
	} else if !t.has("growth") {
		t.report(t.key("growth"), "missing", "a table with low, expected and high: growth of a month", "add growth = { low = 0.02, expected = 0.05, high = 0.08 }")
	}
	s.Shape = demand.Shape{PeakToMean: t.number("peak_to_mean", 0, interval{lo: 1, hi: 12}), PeakHour: t.integer("peak_hour", 0, 0, 23), Weekend: t.number("weekend", 0, share)}
	t.hours("day", s.Shape.Day[:])
	t.hours("week", s.Shape.Week[:])
	t.shapeStated(s.Shape)
	t.finish()
	return s
}

// shapeStated requires how busy the busiest hour is: it is what a plan is made for.
func (t *table) shapeStated(s demand.Shape) {
	if !t.has("day") {
		if !t.has("peak_to_mean") {
			t.missing("peak_to_mean", "a number from 1 to 12, how much busier the busiest hour of a day is than its mean; or day, an array of 24", "2.5")
		}
		if !t.has("peak_hour") {
			t.missing("peak_hour", "a whole number from 0 to 23, when that is", "14")
		}
	}
	if !t.has("week") && !t.has("weekend") {
		t.missing("weekend", "a number from 0 to 10, demand of a Saturday or Sunday by that of another day; or week, an array of 7", "0.5")
	}
}

// hours reads an array of exactly as many shares as there is room for.
func (t *table) hours(name string, into []float64) {
	values := t.list(name, "numbers")
	if len(values) == 0 {
		return
	}
	if len(values) != len(into) {
		t.bad(name, values, fmt.Sprintf("an array of %d numbers", len(into)), "")
		return
	}
	for i, v := range values {
		x, ok := asFloat(v)
		if !ok || x < 0 {
			t.report(strict.Element(t.key(name), i), strict.Describe(v), "a number of at least 0", "")
		}
		into[i] = x
	}
}

func (t *table) launch(before []forecast.Launch) forecast.Launch {
	days := func(name, example string) time.Duration {
		return time.Duration(t.needed(name, interval{lo: 0, hi: 3650}, "in days", example) * float64(24*time.Hour))
	}
	l := forecast.Launch{Name: t.requiredText("name", "what is launched", `"mobile app"`), At: t.date("at", "on which demand begins to rise"),
		Factor: t.needed("factor", interval{lo: 1, hi: 1000}, "of demand at its height", "3"),
		Ramp:   days("ramp_days", "3"), Hold: days("hold_days", "7"), Half: days("half_life_days", "10"),
		Lasting: t.needed("lasting", interval{lo: 0.1, hi: 1000}, "the factor that stays; 1 for none", "1.2")}
	if slices.ContainsFunc(before, func(o forecast.Launch) bool { return o.Name == l.Name && l.Name != "" }) {
		t.bad("name", l.Name, "a name of its own", "an earlier [[demand.launch]] has it")
	}
	t.finish()
	return l
}
