package analysis

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// uses are the shares of its capacity at which a machine is priced, beside the planned one.
var uses = []float64{0.1, 0.25, 0.5, 0.75, 1}

func (j *judged) setCost(a *analysis) error {
	run := a.run
	unit := moneyUnit(run.Cost.Currency)
	j.pricing = a.pricingOf(j.Arm.Arm)
	refuse := func(why string) error {
		none := Value{Unit: unit, Note: why}
		j.Cost = Cost{PerMillion: none, PerMillionInput: none, PerMillionOutput: none, PerThousandRequests: none, PerThousandIssued: none, PerUserMonth: none}
		return nil
	}
	switch {
	case j.at == nil:
		return refuse("no tested rate is met")
	case j.pricing.unknown != "":
		return refuse(NotPriced)
	case j.pricing.api != nil:
		j.setListed(a)
		return nil
	}
	plan := cost.Plan{PerHour: j.pricing.perHour, Source: j.pricing.source, Utilisation: run.Cost.Utilisation, UserMonth: run.Cost.UserMonth}
	c, err := cost.At(plan, j.at.rates, j.at.work)
	if err != nil {
		return refuse(err.Error())
	}
	j.takeCosts(run, c)
	return j.setEconomy(a.set, plan)
}

// takeCosts makes values of costs: with units, and marked where they rest on an assumption.
func (j *judged) takeCosts(run *record.Run, c cost.Costs) {
	unit, sign := moneyUnit(run.Cost.Currency), currencySign(run.Cost.Currency)
	value := func(e cost.Estimate, unit string, estimated bool) Value {
		v := moneyValue(e, unit, j.at.Issued)
		v.Estimated = estimated
		return v
	}
	j.Cost = Cost{
		PerMillion:          value(c.PerMillion, unit, !j.proven),
		PerThousandRequests: value(c.PerThousandRequests, sign+"/1000 req", !j.proven),
		PerThousandIssued:   value(c.PerThousandIssued, sign+"/1000 req", !j.proven),
		PerUserMonth:        Value{Unit: sign, Note: NotStated},
		PerMillionInput:     Value{Unit: unit, Note: NotMeasured},
		PerMillionOutput:    Value{Unit: unit, Note: NotMeasured},
		Formula:             c.Formula,
		Cached:              j.at.rates.Cached > 0,
		Assumptions:         append([]string{j.capacityAssumption(run)}, c.Assumptions...),
	}
	if run.Cost.UserMonth > 0 {
		j.Cost.PerUserMonth = value(c.PerUserMonth, sign, !j.proven)
	}
	if c.Split {
		j.Cost.PerMillionInput, j.Cost.PerMillionOutput = value(c.PerMillionInput, unit, true), value(c.PerMillionOutput, unit, true)
	}
}

// setEconomy adds what follows from the price beside the price of a token.
func (j *judged) setEconomy(set *record.Set, plan cost.Plan) error {
	c, p := &j.Cost, set.Run.Cost
	c.ByUse = cost.ByUse(plan.PerHour, j.at.rates.Tokens, uses)
	bill := cost.Fleet{Replicas: 1, Spares: p.Spares, Use: plan.Utilisation}.Month(plan.PerHour)
	c.Month = &bill
	for _, api := range p.APIs {
		b, err := cost.Against(plan, j.at.rates, p.Spares, api)
		if err != nil {
			return fmt.Errorf("arm %s against %s: %w", j.Arm.Arm.Name, api.Name, err)
		}
		c.BreakEvens = append(c.BreakEvens, b)
	}
	return j.setEnergy(set, plan)
}

// setEnergy takes what counters measured in the trials that the cost is of, or else what the
// scenario declares.
func (j *judged) setEnergy(set *record.Set, plan cost.Plan) error {
	c, p := &j.Cost, set.Run.Cost
	if !j.Arm.Arm.OnThisMachine() {
		c.NoEnergy = "It runs on another machine, whose energy nobody read."
		return nil
	}
	perToken, counters, why := measuredEnergy(set, j.Arm.Arm.ID, j.at.Load)
	switch {
	case why == "":
		e := cost.MeasuredEnergy(perToken, counters)
		c.Energy = &e
	case p.Watts > 0:
		e, err := cost.DeclaredEnergy(p.Watts, plan.Utilisation, j.at.rates.Tokens)
		if err != nil {
			return err
		}
		c.Energy, c.NoEnergy = &e, why
	default:
		c.NoEnergy = why
		return nil
	}
	if p.PerKWh == "" {
		return nil
	}
	perKWh, err := money.Parse(p.PerKWh, plan.PerHour.Currency())
	if err != nil {
		return fmt.Errorf("price per kWh: %w", err)
	}
	e := c.Energy.Priced(perKWh)
	c.Energy = &e
	return nil
}

// measuredEnergy is joules per token of all tokens that the engine read or generated in the trials of an arm at a load. Why
// says in a sentence why it is not known.
func measuredEnergy(set *record.Set, arm, load string) (perToken cost.Estimate, counters, why string) {
	var joules, tokens []float64
	for _, t := range set.Trials {
		if t.Key.Arm != arm || t.Key.Load != load || t.Key.Repetition >= record.Confirmation || t.Status != record.StatusOK {
			continue
		}
		switch {
		case t.Energy == nil:
			return perToken, "", "The run is of a version that did not read the machine's energy counters."
		case t.Energy.Unread != "":
			return perToken, "", "The machine's energy counters were not read: " + t.Energy.Unread + "."
		}
		counters = words.List(t.Energy.Domains)
		joules = append(joules, float64(t.Energy.MicroJoules)/1e6)
		if t.Knows("prompt_tokens") && t.Knows("generated_tokens") {
			tokens = append(tokens, float64(t.Engine.PromptTokens+t.Engine.GeneratedTokens))
		} else {
			tokens = append(tokens, 0)
		}
	}
	ratio, i, ok := stat.ClusterRatio(joules, tokens)
	switch {
	case math.IsNaN(ratio) || math.IsInf(ratio, 0):
		return perToken, "", "The system under test does not count its tokens, so that energy cannot be put to them."
	case !ok: // one trial: a value without an interval
		return cost.Estimate{Value: ratio, Low: ratio, High: ratio}, counters + ", one trial, so that there is no interval", ""
	}
	return cost.Estimate{Value: ratio, Low: max(i.Low, 0), High: i.High}, counters, ""
}

// doubtPrices warns of every row of the catalogue that was not to be relied on when the run began.
func (a *analysis) doubtPrices() {
	for _, r := range a.run.Cost.Rows() {
		if doubt := a.doubt(&r); doubt != "" {
			a.say("The price of %s (%s) was stale when the run began: %s. Check it before a decision rests on it.", r.Name, r.Source, doubt)
		}
	}
}
