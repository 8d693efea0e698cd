package scenario

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	prices "github.com/assaylab/assay/analysis/price" // price is what an amount looks like
)

// optionKinds are those of [[option]]; degrading has a table of its own.
var optionKinds = []string{string(capacity.Own), string(capacity.Hold), string(capacity.Rent), string(capacity.Spot), string(capacity.API)}

func (r *reader) planOptions(p *CapacityPlan, t *table) {
	tables := t.children("option")
	if len(tables) == 0 && !t.has("option") {
		r.report("option", "missing", "at least one [[option]]: what can be bought, reserved, rented or called", `add [[option]] with kind = "rent" and price = a name that assay prices lists`)
	}
	for _, c := range tables {
		o := c.planOption(p)
		if slices.ContainsFunc(p.Options, func(b PlanOption) bool { return b.Name == o.Name && o.Name != "" }) {
			c.bad("name", o.Name, "a name of its own", "an earlier [[option]] has it, or its price and kind")
		}
		p.Options = append(p.Options, o)
	}
}

func (t *table) planOption(p *CapacityPlan) PlanOption {
	if !t.has("kind") {
		t.missing("kind", oneOf(optionKinds), `"rent"`)
	}
	o := PlanOption{Kind: capacity.Kind(t.choice("kind", "", optionKinds)), Price: t.requiredText("price", "the name of a row of the price catalogue", `"h100-sxm-nebius"`)}
	o.Name = t.text("name", strings.TrimSpace(string(o.Kind)+" "+o.Price))
	o.LeadDays = t.neededInteger("lead_days", 0, 3650, "from the order or signature to service", "90")
	o.Spread = t.spread()
	o.Minimum = t.optionalAmount("minimum_per_month", p.Currency)
	machine := o.Kind != capacity.API
	if machine || t.has("replicas") {
		o.Replicas = t.replicas(p)
	}
	t.known = append(t.known, "term", "upfront", "paid", "availability", "cached_share", "max_rate", "min_units", "max_units", "replicas")
	t.onlyFor(o.Kind)
	switch o.Kind {
	case capacity.Own:
		o.PaidAtOrder = t.paid()
	case capacity.Hold:
		o.Term = t.reservation()
		o.Upfront = t.needed("upfront", interval{lo: 0, hi: 1}, "the share of the reservation that is paid at its start", "0.0")
	case capacity.Spot:
		o.Availability = t.needed("availability", interval{lo: 0, hi: 1, open: true}, "the share of machines asked for that are there", "0.9")
	case capacity.API:
		o.CachedShare = t.number("cached_share", 0, interval{lo: 0, hi: 1})
		o.MaxRate = t.number("max_rate", 0, interval{lo: 0, hi: 1e9, open: true})
	}
	if machine {
		o.MinUnits, o.MaxUnits = t.integer("min_units", 0, 1, 1e6), t.integer("max_units", 0, 1, 1e6)
		if o.MaxUnits > 0 && o.MinUnits > o.MaxUnits {
			t.bad("min_units", int64(o.MinUnits), fmt.Sprintf("at most max_units (%d)", o.MaxUnits), "")
		}
	}
	t.finish()
	return o
}

// belongs says which kinds of options have a key.
var belongs = map[string][]capacity.Kind{
	"paid": {capacity.Own}, "term": {capacity.Hold}, "upfront": {capacity.Hold}, "availability": {capacity.Spot},
	"cached_share": {capacity.API}, "max_rate": {capacity.API},
	"replicas":          {capacity.Own, capacity.Hold, capacity.Rent, capacity.Spot},
	"min_units":         {capacity.Own, capacity.Hold, capacity.Rent, capacity.Spot},
	"max_units":         {capacity.Own, capacity.Hold, capacity.Rent, capacity.Spot},
	"minimum_per_month": {capacity.Rent, capacity.Spot, capacity.API},
}

// onlyFor refuses keys that mean nothing for a kind.
func (t *table) onlyFor(kind capacity.Kind) {
	if kind == "" {
		return
	}
	for name, kinds := range belongs {
		if t.has(name) && !slices.Contains(kinds, kind) {
			t.bad(name, t.values[name], fmt.Sprintf("no %s for kind %q", name, kind), "remove it")
		}
	}
}

func (t *table) paid() bool {
	options := []string{"at order", "at delivery"}
	if !t.has("paid") {
		t.missing("paid", oneOf(options), `"at delivery"`)
	}
	return t.choice("paid", "", options) == options[0]
}

func (t *table) reservation() string {
	terms := []string{string(prices.Reserved1), string(prices.Reserved3)}
	if !t.has("term") {
		t.missing("term", oneOf(terms), `"reserved_1y"`)
	}
	return t.choice("term", "", terms)
}

// spread reads how far a price may be off, as two factors.
func (t *table) spread() capacity.Spread {
	values := t.list("spread", "two factors")
	if len(values) == 0 {
		return capacity.Spread{Low: 1, High: 1}
	}
	low, high := math.NaN(), math.NaN()
	if len(values) == 2 {
		low, _ = asFloat(values[0])
		high, _ = asFloat(values[1])
	}
	if !(low > 0 && low <= 1 && high >= 1 && high <= 100) {
		t.bad("spread", values, "two factors of the price, at most 1 and at least 1", "write spread = [0.8, 1.3]")
		return capacity.Spread{Low: 1, High: 1}
	}
	return capacity.Spread{Low: low, High: high}
}

// replicas reads how many replicas of each arm one unit carries: a number for all, or a table by arm.
func (t *table) replicas(p *CapacityPlan) map[string]int {
	const most = 10_000
	each := map[string]int{}
	if _, isTable := t.values["replicas"].(map[string]any); isTable {
		c, _ := t.child("replicas")
		for _, name := range p.ArmNames() {
			each[name] = c.neededInteger(name, 1, most, "of that arm on one unit", "1")
		}
		if p.Degrade != nil { // its replicas are the full arm's
			c.without([]string{p.Degrade.Arm}, "of the arm that requests are degraded to: it runs on the replicas of the others")
		}
		c.finish()
		return each
	}
	n := t.neededInteger("replicas", 1, most, "of the arm on one unit; or a table with one for each arm", "1")
	for _, name := range p.ArmNames() {
		each[name] = n
	}
	return each
}

func (r *reader) planHoldings(p *CapacityPlan, t *table) {
	var names []string
	for _, o := range p.Options {
		if o.Kind == capacity.Own || o.Kind == capacity.Hold {
			names = append(names, o.Name)
		}
	}
	for _, c := range t.children("holding") {
		c.requiredText("option", "the name of an [[option]] of kind own or reserve", `"own h100-server"`)
		h := PlanHolding{Option: c.choice("option", "", names), Units: c.neededInteger("units", 1, 1e6, "that are there", "2"), Until: p.Months}
		if c.has("from") {
			h.From = monthsBetween(p.Start, c.month("from", ""))
		}
		c.known = append(c.known, "from")
		if c.has("until") {
			h.Until = min(p.Months, monthsBetween(p.Start, c.month("until", "")))
		}
		c.known = append(c.known, "until")
		if name := "until"; h.Until <= max(h.From, 0) {
			if !c.has(name) {
				name = "from"
			}
			c.bad(name, c.values[name], "a month of the plan, and until after from", "")
		}
		h.From = max(h.From, 0)
		c.finish()
		p.Holdings = append(p.Holdings, h)
	}
}

// monthsBetween counts calendar months.
func monthsBetween(from, to time.Time) int {
	return 12*(to.Year()-from.Year()) + int(to.Month()) - int(from.Month())
}
