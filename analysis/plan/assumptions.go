package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
)

// Groups of assumptions, in the order in which they are read.
const (
	groupMoney  = "Money and rules"
	groupPrices = "Prices"
	groupDemand = "Demand"
	groupSpeed  = "What a replica carries"
)

// assume lists what the plan was told.
func (o *Outlook) assume() (all []Assumption) {
	all = append(all, o.rules()...)
	for _, opt := range o.Options {
		all = append(all, o.priced(opt), o.terms(opt))
	}
	if d := o.Degrade; d != nil {
		all = append(all, o.stated(groupPrices, "degrade to "+d.Arm.Name, fmt.Sprintf("a degraded request is held to cost %s, and at most %s of an hour's are", d.Cost.Exact(), percent(d.MaxShare))))
	}
	all = append(all, o.demand()...)
	for _, a := range o.Inputs.Arms {
		all = append(all, o.carries(a))
	}
	if o.Degrade != nil {
		all = append(all, o.carries(o.Degrade.Arm))
	}
	return all
}

func (o *Outlook) stated(group, name, value string) Assumption {
	return Assumption{Group: group, Name: name, Value: value, Origin: Stated, Source: o.File}
}

func (o *Outlook) rules() []Assumption {
	var limits []string
	for _, l := range o.Limits {
		limits = append(limits, fmt.Sprintf("p%s %s ≤ %s", words.Number(100*l.Percentile), strings.ToUpper(l.Metric), words.Duration(float64(l.LimitNS))))
	}
	all := []Assumption{
		o.stated(groupMoney, "currency", o.Currency+"; nothing is converted"),
		o.stated(groupMoney, "discount rate", percent(o.Discount)+" a year"),
		o.stated(groupMoney, "contracts beyond the last month", percent(o.Tail)+" of what they still cost is charged to the plan"),
		o.stated(groupMoney, "limits", strings.Join(limits, ", ")),
		o.stated(groupMoney, "redundancy", fmt.Sprintf("N+%d replicas", o.Reserve.Spares)),
		o.stated(groupMoney, "headroom", percent(o.Reserve.Headroom)+" above the busiest hour"),
	}
	for _, b := range []struct {
		name string
		most money.Amount
	}{{"what is bought", o.Budget.Capex}, {"any month", o.Budget.Month}, {"all months", o.Budget.Total}} {
		if b.most.Currency() != "" {
			all = append(all, o.stated(groupMoney, "budget for "+b.name, b.most.String()))
		}
	}
	return all
}

// trusts are how prices are known.
var trusts = map[price.Trust]string{price.Primary: "published by who charges it", price.Secondary: "published by others", price.Derived: "derived", price.Unverified: "unverified"}

// priced is the price of an option.
func (o *Outlook) priced(opt Option) Assumption {
	row := opt.Row.About()
	a := Assumption{Group: groupPrices, Name: opt.Offer.Name, Value: o.priceWords(opt), Origin: cmp.Or(trusts[row.Trust], string(row.Trust)), Source: row.Name + ": " + row.Source, Date: row.Date.String()}
	var doubts []string
	if d := row.Doubt(o.Today); d != "" {
		doubts = append(doubts, "stale: "+d)
	}
	if row.Trust == price.Unverified {
		doubts = append(doubts, "not verified")
	}
	a.Doubt = strings.Join(doubts, "; ")
	return a
}

func (o *Outlook) priceWords(opt Option) string {
	spread := ""
	if s := opt.Offer.Spread; s.Low != s.High {
		spread = fmt.Sprintf("; may be %s to %s times that", words.Number(s.Low), words.Number(s.High))
	}
	switch row := opt.Row.(type) {
	case price.Purchase:
		m := row.Monthly()
		return fmt.Sprintf("%s for a server with %d × %s, worth %s of it after %s; power, colocation, maintenance and staff %s a month%s", row.Price, row.GPUs, row.GPU, percent(row.Residual),
			words.Count(row.Months, "month"), m.Energy.Add(m.Colocation).Add(m.Maintenance).Add(m.Staff), spread)
	case price.Rental:
		p, _ := row.PerMachineHour(opt.Term)
		return fmt.Sprintf("%s an hour for a machine with %d × %s, %s%s", p.Exact(), row.GPUs, row.GPU, termWords[opt.Term], spread)
	case price.Machine:
		p, _ := row.Terms.At(opt.Term)
		return fmt.Sprintf("%s an hour for a machine with %s, %s%s", p.Exact(), words.Count(row.CPUs, "CPU"), termWords[opt.Term], spread)
	case price.API:
		rates := row.At(int64(o.Demand.Input))
		return fmt.Sprintf("%s for a million input tokens and %s for a million output tokens; %s of input read from its cache%s", rates.Input.Exact(), rates.Output.Exact(), percent(opt.CachedShare), spread)
	}
	return ""
}

var termWords = map[price.Term]string{price.OnDemand: "on demand", price.Reserved1: "reserved for a year", price.Reserved3: "reserved for three years", price.Spot: "spot"}

// terms is what the plan says of an option.
func (o *Outlook) terms(opt Option) Assumption {
	c := opt.Offer
	parts := []string{fmt.Sprintf("%s from order to service", words.Count(c.LeadDays, "day"))}
	if len(opt.Replicas) > 0 {
		parts = append(parts, "replicas on a unit: "+replicaWords(opt.Replicas))
	}
	switch c.Kind {
	case capacity.Own:
		when := "paid at delivery"
		if c.PaidAtOrder {
			when = "paid at order"
		}
		parts = append(parts, when)
	case capacity.Hold:
		parts = append(parts, percent(c.Upfront)+" paid at the start")
	case capacity.Spot:
		parts = append(parts, percent(c.Availability)+" of those asked for are there")
	}
	if c.MinUnits > 1 {
		parts = append(parts, fmt.Sprintf("at least %d in an order", c.MinUnits))
	}
	if c.MaxUnits > 0 {
		parts = append(parts, fmt.Sprintf("at most %d at a time", c.MaxUnits))
	}
	if c.MaxRate > 0 {
		parts = append(parts, "at most "+rate(c.MaxRate))
	}
	if c.Minimum.Sign() > 0 {
		parts = append(parts, "at least "+c.Minimum.String()+" a month")
	}
	return o.stated(groupPrices, c.Name+": terms", strings.Join(parts, ", "))
}

// replicaWords is one number where all arms have the same.
func replicaWords(each map[string]int) string {
	var parts []string
	same := true
	for name, n := range each {
		parts = append(parts, fmt.Sprintf("%d of %s", n, name))
		for _, other := range each {
			same = same && other == n
		}
	}
	if same {
		number, _, _ := strings.Cut(parts[0], " ")
		return number
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func (o *Outlook) demand() []Assumption {
	d := o.Demand
	f := d.Forecast
	first := Assumption{Group: groupDemand, Name: "history", Origin: Recorded, Source: f.Source}
	if h := d.History; h != nil {
		first.Value = fmt.Sprintf("%s weeks of hours, %s to %s, %s", words.Number(h.Weeks()), day(h.Hours[0].Start), day(h.End()), h.Zone)
		first.Date = day(h.End())
		if h.Filled > 0 {
			first.Doubt = words.Count(h.Filled, "hour") + " filled in"
		}
		if age := o.Today.Sub(h.End()); age > 90*24*time.Hour {
			first.Doubt = strings.TrimPrefix(first.Doubt+fmt.Sprintf("; ends %d days ago", int(age.Hours()/24)), "; ")
		}
	} else if s := d.Stated; s != nil {
		first = o.stated(groupDemand, "demand", fmt.Sprintf("%s requests an hour on %s, in the mean of a week", words.Number(s.Rate), day(s.Now)))
		first.Doubt = "nobody measured it"
	}
	all := []Assumption{first,
		{Group: groupDemand, Name: "growth", Value: fmt.Sprintf("%s a month, %s", percent(f.Growth.Expected), words.Between(f.Growth.Low, f.Growth.High, percent)), Origin: Forecast, Source: f.Model},
		o.stated(groupDemand, "planned for", "the scenario "+d.PlanFor),
		{Group: groupDemand, Name: "tokens of a request", Value: fmt.Sprintf("%s of input, %s of output, mean", words.Number(d.Input), words.Number(d.Output)), Origin: first.Origin, Source: first.Source}}
	for _, l := range f.Launches {
		all = append(all, o.stated(groupDemand, "launch: "+l.Name, fmt.Sprintf("on %s demand begins to rise to %s times; %s times stays", day(l.At), words.Number(l.Factor), words.Number(l.Lasting))))
	}
	return all
}

func (o *Outlook) carries(a Arm) Assumption {
	c := a.Curve
	x := Assumption{Group: groupSpeed, Name: a.Name, Origin: string(c.Origin), Source: c.Source}
	x.Value = "no rate within the limits"
	if p, err := c.Hold(o.Limits); err == nil {
		x.Value = rate(p.Rate.Value) + rateInterval(p)
	}
	x.Value += fmt.Sprintf("; %s loads", words.Number(float64(len(c.Points))))
	if c.InputTokens > 0 {
		x.Value += fmt.Sprintf(" of %s prompt and %s output tokens, %s", words.Number(c.InputTokens), words.Number(c.OutputTokens), c.Arrivals)
	}
	x.Doubt = strings.Join(slices.DeleteFunc([]string{o.lengthDoubt(c), invalidDoubt(c)}, func(s string) bool { return s == "" }), "; ")
	return x
}

// invalidDoubt counts loads that say nothing, and are left out.
func invalidDoubt(c capacity.Curve) string {
	n := 0
	for _, p := range c.Points {
		if p.Invalid != "" {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %s not measured validly, and left out", n, words.Count(len(c.Points), "load"))
}

// unlike is by how much tokens of a request may differ between a curve and the demand before it is said.
const unlike = 0.25

// lengthDoubt compares what was measured with what will be asked.
func (o *Outlook) lengthDoubt(c capacity.Curve) string {
	if c.InputTokens == 0 || o.Demand.Input == 0 {
		return ""
	}
	far := func(a, b float64) bool { return max(a, b) > (1+unlike)*min(a, b) }
	if far(c.InputTokens, o.Demand.Input) || far(c.OutputTokens, o.Demand.Output) {
		return fmt.Sprintf("requests of the demand have %s and %s tokens", words.Number(o.Demand.Input), words.Number(o.Demand.Output))
	}
	return ""
}
