package plan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/forecast"
)

// Effort bounds what is computed beside the plan itself.
type Effort struct {
	// Reach is how far from what is planned with, as a factor, other decisions are searched for; 1 searches for none.
	Reach float64
}

// DefaultReach finds what changes the decision within a factor of four.
const DefaultReach = 4

// Make plans with each arm, takes the cheapest, and looks at it from all sides. An arm or a way that cannot serve the demand is
// said so in the outlook; an error is about the inputs.
func Make(in Inputs, effort Effort) (*Outlook, error) {
	o := &Outlook{Inputs: in, Best: -1}
	planned := in.Demand.Forecast.Scenario(in.Demand.PlanFor)
	if planned == nil {
		return nil, fmt.Errorf("demand has no scenario %q: the forecast made %s", in.Demand.PlanFor, scenarioNames(in.Demand.Forecast))
	}
	for _, a := range in.Arms {
		p, err := in.planArm(a, monthsOf(planned))
		if err != nil {
			return nil, err
		}
		o.Arms = append(o.Arms, p)
	}
	o.Best = cheapest(o.Arms)
	if best := o.Chosen(); best != nil {
		if err := o.look(best, effort); err != nil {
			return nil, err
		}
	}
	o.Assumptions = o.assume()
	o.Conclude()
	return o, nil
}

// look fills in what is told of the best arm.
func (o *Outlook) look(best *ArmPlan, effort Effort) (err error) {
	if o.Scenarios, err = o.scenarios(best); err != nil {
		return err
	}
	if o.Alternatives, err = alternatives(best); err != nil {
		return err
	}
	if o.Crossover, err = o.crossovers(best); err != nil {
		return err
	}
	within := bounded(best.Problem)
	if o.Cheap, err = decide(within.Extreme(true)); err != nil {
		return err
	}
	if o.Dear, err = decide(within.Extreme(false)); err != nil {
		return err
	}
	if o.Effects, err = best.Problem.Tornado(best.Plan, o.inputs(&within), effort.Reach); err != nil {
		return err
	}
	o.Volume = o.volume(best)
	o.Over = o.overBudget(best.Plan)
	return nil
}

// leastShare is the least part of a replica's rate that is looked at where its interval reaches further down: below, a
// plan of thousands of replicas says nothing but that too few requests were measured.
const leastShare = 0.1

// bounded is the problem with an interval of a replica's rate that does not go further down than that.
func bounded(p capacity.Problem) capacity.Problem {
	p.PerReplica.Rate.Low = max(p.PerReplica.Rate.Low, leastShare*p.PerReplica.Rate.Value)
	return p
}

func scenarioNames(f *forecast.Forecast) (names []string) {
	for _, s := range f.Scenarios {
		names = append(names, s.Name)
	}
	return names
}

// planArm is the cheapest plan with an arm.
func (in *Inputs) planArm(a Arm, months []capacity.Month) (ArmPlan, error) {
	p := ArmPlan{Name: a.Name}
	per, err := a.Curve.Hold(in.Limits)
	if reason, ok := infeasible(err); ok {
		p.Infeasible = reason
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.PerReplica = per
	options, notes, err := in.options(a.Name, per)
	if err != nil {
		return p, err
	}
	p.Notes = notes
	p.Problem = capacity.Problem{Now: in.Today, Months: months, Options: options, Holdings: in.Holdings, PerReplica: per, Reserve: in.Reserve, Discount: in.Discount, Tail: in.Tail}
	d, err := decide(&p.Problem)
	p.Plan, p.Infeasible = d.Plan, d.Infeasible
	return p, err
}

func infeasible(err error) (because string, ok bool) {
	var none *capacity.Infeasible
	if errors.As(err, &none) {
		return none.Because, true
	}
	return "", false
}

// decide is the cheapest plan, or why there is none.
func decide(p *capacity.Problem) (Decision, error) {
	if len(p.Options) == 0 {
		return Decision{Infeasible: "no option is of such a kind"}, nil
	}
	plan, err := p.Decide()
	if reason, ok := infeasible(err); ok {
		return Decision{Infeasible: reason}, nil
	}
	return Decision{Plan: plan}, err
}

// cheapest is the arm with the least score, the first of equals; -1 where none has a plan.
func cheapest(arms []ArmPlan) int {
	best := -1
	for i, a := range arms {
		if a.Plan != nil && (best < 0 || a.Plan.Score.Cmp(arms[best].Plan.Score) < 0) {
			best = i
		}
	}
	return best
}

// scenarios are plans of the best arm for every course of demand, and what the chosen orders would cost there.
func (o *Outlook) scenarios(best *ArmPlan) ([]ScenarioPlan, error) {
	var all []ScenarioPlan
	for i := range o.Demand.Forecast.Scenarios {
		s := &o.Demand.Forecast.Scenarios[i]
		p := best.Problem
		p.Months = monthsOf(s)
		x := ScenarioPlan{Name: s.Name, Planned: s.Name == o.Demand.PlanFor}
		for _, m := range p.Months {
			x.Peak = max(x.Peak, m.Peak())
		}
		var err error
		if x.Decision, err = decide(&p); err != nil {
			return nil, err
		}
		kept, err := p.Keep(best.Plan)
		if reason, ok := infeasible(err); ok {
			x.Kept.Infeasible = reason
		} else if err != nil {
			return nil, err
		}
		x.Kept.Plan = kept
		all = append(all, x)
	}
	return all, nil
}

// way is some of the kinds of options.
type way struct {
	name  string
	kinds []capacity.Kind
}

var ways = []way{
	{"without buying", []capacity.Kind{capacity.Hold, capacity.Rent, capacity.Spot, capacity.API, capacity.Degrade}},
	{"without an API", []capacity.Kind{capacity.Own, capacity.Hold, capacity.Rent, capacity.Spot, capacity.Degrade}},
	{"renting by the hour alone", []capacity.Kind{capacity.Rent, capacity.Spot, capacity.Degrade}},
	{"an API alone", []capacity.Kind{capacity.API}},
}

// alternatives are the plans of ways that have fewer options than there are, each set of options once.
func alternatives(best *ArmPlan) ([]Alternative, error) {
	seen := [][]string{optionNames(best.Problem.Options)}
	var all []Alternative
	for _, w := range ways {
		p := best.Problem.Only(w.kinds...)
		names := optionNames(p.Options)
		if len(names) == 0 || slices.ContainsFunc(seen, func(s []string) bool { return slices.Equal(s, names) }) {
			continue
		}
		seen = append(seen, names)
		d, err := decide(p)
		if err != nil {
			return nil, err
		}
		all = append(all, Alternative{Name: w.name, Options: names, Decision: d})
	}
	return all, nil
}

func optionNames(all []capacity.Option) (names []string) {
	for _, o := range all {
		names = append(names, o.Name)
	}
	return names
}

// crossovers say when one way has become cheaper than another.
func (o *Outlook) crossovers(best *ArmPlan) ([]Crossover, error) {
	p := &best.Problem
	rent := []capacity.Kind{capacity.Rent, capacity.Spot, capacity.Degrade}
	var all []Crossover
	for _, pair := range []struct {
		name        string
		has         capacity.Kind
		with, alone []capacity.Kind
	}{
		{"Buying, with renting on top, against renting alone", capacity.Own, append([]capacity.Kind{capacity.Own}, rent...), rent},
		{"Reserving, with renting on top, against renting alone", capacity.Hold, append([]capacity.Kind{capacity.Hold}, rent...), rent},
		{"Buying, with an API on top, against an API alone", capacity.Own, []capacity.Kind{capacity.Own, capacity.API}, []capacity.Kind{capacity.API}},
	} {
		if !has(p.Options, pair.has) || !has(p.Options, pair.alone[0]) {
			continue
		}
		with, err := decide(p.Only(pair.with...))
		if err != nil {
			return nil, err
		}
		alone, err := decide(p.Only(pair.alone...))
		if err != nil {
			return nil, err
		}
		all = append(all, o.crossover(pair.name, pair.has, with, alone))
	}
	return all, nil
}

func has(options []capacity.Option, k capacity.Kind) bool {
	return slices.ContainsFunc(options, func(o capacity.Option) bool { return o.Kind == k })
}

// crossover compares two decisions.
func (o *Outlook) crossover(name string, kind capacity.Kind, with, alone Decision) Crossover {
	x := Crossover{Name: name, Month: -1}
	switch {
	case with.Plan == nil:
		x.Why = "infeasible with both, because " + with.Infeasible
		return x
	case alone.Plan == nil:
		x.Why = "alone it is infeasible, because " + alone.Infeasible
		return x
	case !slices.ContainsFunc(with.Plan.Orders, func(r capacity.Order) bool { return r.Kind == kind }):
		x.Why = "never within these months: the cheaper of the two orders nothing"
		return x
	}
	at := with.Plan.Overtakes(alone.Plan, o.Discount)
	x.Month, x.Savings = at.Worth, alone.Plan.NPV.Sub(with.Plan.NPV)
	x.Why = "not within these months"
	if at.Worth >= 0 {
		x.Why = fmt.Sprintf("ahead from the end of %s on if what is owned is counted at its book value", month(with.Plan.Months[at.Worth].First))
	}
	if at.Paid >= 0 {
		x.Why += fmt.Sprintf(", from the end of %s on by what is paid alone", month(with.Plan.Months[at.Paid].First))
	} else {
		x.Why += "; by what is paid alone not within these months"
	}
	x.Why += fmt.Sprintf("; it saves %s in present value", amount(x.Savings))
	return x
}

// overBudget says which bounds a plan exceeds.
func (o *Outlook) overBudget(p *capacity.Plan) (over []string) {
	b := o.Budget
	if b.Capex.Currency() != "" && p.Capex.Cmp(b.Capex) > 0 {
		over = append(over, fmt.Sprintf("What is bought costs %s, above the budget of %s.", amount(p.Capex), amount(b.Capex)))
	}
	if b.Total.Currency() != "" && p.Paid.Cmp(b.Total) > 0 {
		over = append(over, fmt.Sprintf("All months together cost %s, above the budget of %s.", amount(p.Paid), amount(b.Total)))
	}
	if b.Month.Currency() != "" {
		for _, m := range p.Months {
			if m.Cash.Paid.Cmp(b.Month) > 0 {
				over = append(over, fmt.Sprintf("%s costs %s, above the budget of %s a month.", month(m.First), amount(m.Cash.Paid), amount(b.Month)))
			}
		}
	}
	return over
}

// Ranges of inputs that nobody stated one for.
const (
	halfOf  = 0.5
	twiceOf = 2
)

// inputs are what the plan depends on. Demand, throughput and prices have the ranges that were found or stated; the
// discount rate, residual values and lead times go from half to twice (residual values to half as much again).
func (o *Outlook) inputs(p *capacity.Problem) []capacity.Input {
	low, high := o.demandRange()
	all := []capacity.Input{p.Demand(low, high), p.Throughput(), p.DiscountRate(halfOf, twiceOf)}
	for _, opt := range p.Options {
		all = append(all, p.Price(opt.Name))
		if opt.Kind == capacity.Own {
			all = append(all, p.Residual(opt.Name, halfOf, 1.5), p.LeadTime(opt.Name, halfOf, twiceOf))
		}
	}
	return all
}

// demandRange is the highest peaks of the other scenarios by that of the planned one.
func (o *Outlook) demandRange() (low, high float64) {
	low, high = 1, 1
	planned := 0.0
	for _, s := range o.Scenarios {
		if s.Planned {
			planned = s.Peak
		}
	}
	for _, s := range o.Scenarios {
		if planned > 0 && s.Peak > 0 {
			low, high = min(low, s.Peak/planned), max(high, s.Peak/planned)
		}
	}
	return low, high
}
