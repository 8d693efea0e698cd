package plan

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/predict"
)

// Conclude words the answer and what weakens it, from all that the outlook holds. Whoever adds Checks calls it again.
func (o *Outlook) Conclude() {
	best := o.Chosen()
	if best == nil {
		o.Answer, o.Warnings = o.none(), nil
		return
	}
	o.Warnings = o.warnings(best)
	var s []string
	for _, sentence := range []string{o.whatToDo(best), o.orders(best), o.size(best), o.costs(best), o.otherwise(best), o.demandOtherwise(), o.depends(), o.budget(), o.checked()} {
		if sentence != "" {
			s = append(s, sentence)
		}
	}
	o.Answer = strings.Join(s, " ")
}

// none says why there is no plan, of each arm.
func (o *Outlook) none() string {
	var s []string
	for _, a := range o.Arms {
		s = append(s, fmt.Sprintf("With %s: infeasible because %s.", a.Name, strings.TrimSuffix(a.Infeasible, ".")))
	}
	return strings.Join(s, " ")
}

func (o *Outlook) whatToDo(best *ArmPlan) string {
	mix := best.Plan.Mix
	s := fmt.Sprintf("Serve with %s, most requests on %s", best.Name, mix.Main)
	if n := len(o.Arms); n > 1 {
		s += fmt.Sprintf(" (the cheapest of %s)", words.Count(n, "arm"))
	}
	if len(mix.Committed) == 0 {
		return s + "; nothing has to be bought or reserved."
	}
	return s + "."
}

// mostOrders are named in the answer; the table has all.
const mostOrders = 3

func (o *Outlook) orders(best *ArmPlan) string {
	all := ByDate(best.Plan.Orders)
	if len(all) == 0 {
		return ""
	}
	var parts []string
	for i, r := range all {
		if i == mostOrders {
			parts = append(parts, fmt.Sprintf("%d more after that", len(all)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%d × %s by %s, for service from %s on", r.Units, r.Option, day(r.By), day(r.Service)))
	}
	return "Order " + strings.Join(parts, "; ") + "."
}

func (o *Outlook) size(best *ArmPlan) string {
	first, last := best.Plan.Months[0], best.Plan.Months[len(best.Plan.Months)-1]
	return fmt.Sprintf("The busiest hour of the %s scenario goes from %s in %s to %s in %s (forecast), which takes %d+%d to %d+%d replicas, with %s headroom, as one holds the limits up to %s (%s%s).",
		o.Demand.PlanFor, rate(first.Peak), month(first.First), rate(last.Peak), month(last.First), first.Replicas.Serving, first.Replicas.Spares, last.Replicas.Serving, last.Replicas.Spares,
		percent(o.Reserve.Headroom), rate(best.PerReplica.Rate.Value), best.PerReplica.Origin, rateInterval(best.PerReplica))
}

func rateInterval(p capacity.PerReplica) string {
	low, high, known := p.Interval()
	if !known {
		return ", interval not known"
	}
	return ", " + words.Between(low, high, rate)
}

func (o *Outlook) costs(best *ArmPlan) string {
	p := best.Plan
	s := fmt.Sprintf("That costs %s in %s", amount(p.Paid), words.Count(len(p.Months), "month"))
	if p.Capex.Sign() > 0 {
		s += fmt.Sprintf(", %s of it for what is bought", amount(p.Capex))
	}
	s += fmt.Sprintf("; in present value at %s a year %s", percent(o.Discount), amount(p.NPV))
	if o.Cheap.Plan != nil && o.Dear.Plan != nil && o.Cheap.Plan.NPV.Cmp(o.Dear.Plan.NPV) != 0 {
		s += fmt.Sprintf(", between %s and %s with the rate of a replica and all prices at one end of what is known of them", amount(o.Cheap.Plan.NPV), amount(o.Dear.Plan.NPV))
	}
	return s + "."
}

// otherwise is the nearest other way.
func (o *Outlook) otherwise(best *ArmPlan) string {
	var parts []string
	for _, a := range o.Alternatives {
		switch {
		case a.Plan == nil:
			parts = append(parts, a.Name+" is infeasible")
		case a.Plan.NPV.Cmp(best.Plan.NPV) > 0:
			parts = append(parts, fmt.Sprintf("%s costs %s more", a.Name, amount(a.Plan.NPV.Sub(best.Plan.NPV))))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return sentence(words.List(parts))
}

// demandOtherwise is what the chosen orders come to if demand is another.
func (o *Outlook) demandOtherwise() string {
	var parts []string
	for _, s := range o.Scenarios {
		switch {
		case s.Planned:
		case s.Kept.Plan == nil:
			parts = append(parts, "not enough for "+s.Name)
		default:
			parts = append(parts, fmt.Sprintf("%s (%s)", amount(s.Kept.Plan.NPV), s.Name))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "With the same orders, other demand comes to " + words.List(parts) + " in present value."
}

// depends is the nearest change that would make another decision right.
func (o *Outlook) depends() string {
	if len(o.Effects) == 0 {
		return ""
	}
	s := ""
	if o.Effects[0].Swing() > 0 {
		s = fmt.Sprintf("It depends most on %s.", o.Effects[0].Input)
	}
	nearest, at := math.Inf(1), ""
	for _, e := range o.Effects {
		for _, t := range e.Thresholds {
			if far := math.Abs(math.Log(t.Factor)); far < nearest {
				nearest, at = far, fmt.Sprintf("%s at %s", e.Input, t.Value)
			}
		}
	}
	if at == "" {
		return strings.TrimSpace(s + " No single input that was varied changes the decision.")
	}
	return strings.TrimSpace(s + fmt.Sprintf(" The nearest change that makes another mix cheaper is %s.", at))
}

func (o *Outlook) budget() string { return strings.Join(o.Over, " ") }

// checked says whether the simulator agrees.
func (o *Outlook) checked() string {
	k := o.Checks
	if k == nil {
		return ""
	}
	if k.Skipped != "" {
		return "Not checked by simulation: " + strings.TrimSuffix(k.Skipped, ".") + "."
	}
	wrong := k.Disagree()
	if len(wrong) == 0 {
		return fmt.Sprintf("A simulation of each month's busiest hour on these replicas agrees (%s).", k.errorWords())
	}
	return fmt.Sprintf("A simulation of the busiest hour disagrees in %d of %s, first in %s, where %s (%s).", len(wrong), words.Count(len(k.Months), "month"), month(wrong[0].Month), wrong[0].Missed, k.errorWords())
}

// Disagree are the months in which a simulation breaks a limit.
func (k *Checks) Disagree() (all []Check) {
	for _, m := range k.Months {
		if !m.Met {
			all = append(all, m)
		}
	}
	return all
}

func (k *Checks) errorWords() string {
	if len(k.Errors) == 0 {
		return "how far the simulator is off is not known"
	}
	var parts []string
	for _, e := range k.Errors {
		parts = append(parts, e.Metric+" by "+percent(e.Worst))
	}
	return "where it could be held against measurements, the simulator was off at worst in " + words.List(parts)
}

// warnings are what a reader has to know before anything is bought.
func (o *Outlook) warnings(best *ArmPlan) (all []string) {
	all = append(all, o.curveWarnings(best)...)
	all = append(all, o.priceWarnings(best)...)
	if f := o.Demand.Forecast; len(f.Backtests) == 0 {
		all = append(all, "Demand is stated, not measured: how wrong it may be is not known beyond what was stated.")
	} else if n := len(best.Plan.Months); f.Supported < n {
		all = append(all, fmt.Sprintf("The history supports a forecast of %s; the other %d are further ahead than could be tested, and their range is widened.", words.Count(f.Supported, "month"), n-f.Supported))
	}
	all = append(all, best.Notes...)
	return append(all, best.Plan.Notes...)
}

func (o *Outlook) curveWarnings(best *ArmPlan) (all []string) {
	p := best.PerReplica
	switch p.Origin {
	case predict.Published:
		all = append(all, "What a replica carries is published, not measured by you: measure the arm before anything is ordered.")
	case predict.Scaled:
		all = append(all, "What a replica carries is scaled from another machine by a model: measure on the machine itself before anything is ordered.")
	}
	if p.Rate.Low < leastShare*p.Rate.Value {
		all = append(all, fmt.Sprintf("The interval of what a replica carries goes down to %s: too few requests were measured to tell how many replicas hold the limits. What follows from it is looked at down to %s of the rate.",
			rate(p.Rate.Low), percent(leastShare)))
	}
	return all
}

// priceWarnings name the stale prices that the plan uses.
func (o *Outlook) priceWarnings(best *ArmPlan) []string {
	used := map[string]bool{}
	for _, m := range best.Plan.Months {
		for _, u := range m.Uses {
			used[u.Option] = true
		}
	}
	var stale []string
	for _, opt := range o.Options {
		if doubt := opt.Row.About().Doubt(o.Today); doubt != "" && used[opt.Offer.Name] {
			stale = append(stale, fmt.Sprintf("%s (%s)", opt.Offer.Name, doubt))
		}
	}
	if len(stale) == 0 {
		return nil
	}
	return []string{"Prices that the plan pays are stale: " + words.List(stale) + ". Ask for new ones before anything is ordered."}
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

func month(t time.Time) string { return t.Format("January 2006") }

func day(t time.Time) string { return t.Format(time.DateOnly) }

func rate(r float64) string { return words.Number(r) + " req/s" }

func percent(share float64) string { return words.Percent(share) }

// amount is for sentences: cents only where they are not lost.
func amount(a money.Amount) string {
	if math.Abs(a.Float()) < 1000 {
		return a.String()
	}
	return strings.Replace(a.Round(0).String(), ".00", "", 1)
}
