package analysis

import (
	"fmt"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/record"
)

// pricing is what is known of the price of an arm.
type pricing struct {
	api     *price.API   // nil where it is not paid by the token
	perHour money.Amount // of its machine; of no currency where that is not known
	row     *price.Row   // of the catalogue, nil where the scenario has the price itself
	source  string
	unknown string // why there is none, a sentence; "" where there is one
}

// pricingOf looks up the price of an arm. What the lab starts runs on the machine that [cost] prices; what is there has a
// row of its own, or no price.
func (a *analysis) pricingOf(arm record.Arm) pricing {
	plan := a.run.Cost
	if arm.OnThisMachine() {
		return a.priceHere()
	}
	name := arm.Deployment.Price
	if name == "" {
		return pricing{unknown: "No price is stated for it."}
	}
	for _, api := range slices.Concat(plan.TargetAPIs, plan.APIs) {
		if api.Name == name {
			row := api.About()
			return pricing{api: &api, row: &row, source: row.Source}
		}
	}
	for _, m := range plan.Machines {
		if m.Name == name {
			return a.priceThere(m)
		}
	}
	return pricing{unknown: fmt.Sprintf("run.json has no row %q of the catalogue of prices.", name)}
}

func (a *analysis) priceHere() pricing {
	plan := a.run.Cost
	perHour, err := cost.ParsePerHour(plan.PricePerHour, plan.Currency)
	if err != nil {
		return pricing{unknown: "No price is stated for the machine of the run."}
	}
	p := pricing{perHour: perHour, source: plan.Source}
	if plan.Row != nil {
		row := plan.Row.About()
		p.row = &row
	}
	return p
}

func (a *analysis) priceThere(m record.MachinePrice) pricing {
	row := m.About()
	perHour, err := cost.ParsePerHour(m.PerHour, m.Currency)
	switch {
	case err != nil:
		return pricing{unknown: fmt.Sprintf("The row %q has no price of an hour.", m.Name)}
	case !(a.run.Cost.Utilisation > 0):
		return pricing{unknown: "The scenario does not say to what share its machine would be used."}
	}
	return pricing{perHour: perHour, row: &row, source: row.Name + ", " + row.Source}
}

// doubt says why a row was not to be relied on when the run began, "" where it was.
func (a *analysis) doubt(row *price.Row) string {
	began, err := time.Parse(time.RFC3339, a.run.Created)
	if row == nil || err != nil {
		return ""
	}
	return row.Doubt(began)
}

// asRun prices the tokens of a cell with nothing for idle time.
func (a *analysis) asRun(arm record.Arm, m *measured) Value {
	p := a.pricingOf(arm)
	switch {
	case arm.Deployment == nil:
		return costAsRun(a.run.Cost, m.rates.Tokens)
	case m.list != nil:
		return m.listedValue(m.list.tokens, 1e6, moneyUnit(a.run.Cost.Currency))
	case p.perHour.Currency() == "":
		return Value{Unit: moneyUnit(a.run.Cost.Currency), Note: NotPriced}
	}
	e, err := cost.AsRun(p.perHour, m.rates.Tokens)
	if err != nil {
		return Value{Unit: moneyUnit(a.run.Cost.Currency), Note: fmt.Sprint(err)}
	}
	return moneyValue(e, moneyUnit(a.run.Cost.Currency), 0)
}
