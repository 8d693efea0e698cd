package record

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
)

// CostPlan prices the machine.
type CostPlan struct {
	Currency     string  `json:"currency"`
	PricePerHour string  `json:"price_per_hour"` // decimal, as written: money is never a float on disk
	Utilisation  float64 `json:"utilisation"`    // planned load / capacity
	Source       string  `json:"source,omitempty"`

	Row       *PriceRow   `json:"row,omitempty"`                     // of the catalogue, nil where the scenario has the price itself
	APIs      []price.API `json:"apis,omitempty"`                    // that the arms are compared with, as the catalogue had them
	Spares    int         `json:"spares,omitempty"`                  // machines that stand by beside those that carry load
	UserMonth float64     `json:"requests_per_user_month,omitempty"` // 0 where nobody said
	Watts     float64     `json:"watts,omitempty"`                   // that the machine is declared to draw, 0 for nothing declared
	PerKWh    string      `json:"price_per_kwh,omitempty"`           // decimal, "" where energy is not priced

	// Rows that targets are priced by (Deployment.Price), as the catalogue had them. What is started here has the price above.
	TargetAPIs []price.API    `json:"target_apis,omitempty"`
	Machines   []MachinePrice `json:"machines,omitempty"`
}

// MachinePrice is what a machine that a target runs on costs.
type MachinePrice struct {
	PriceRow
	PerHour string `json:"price_per_hour"` // decimal, of the whole machine
}

// PriceRow is the row that the machine's price is of.
type PriceRow struct {
	Kind     price.Kind  `json:"kind"`
	Term     price.Term  `json:"term,omitempty"` // of a rental
	Name     string      `json:"name"`
	Source   string      `json:"source"`
	Date     price.Date  `json:"date"`
	Until    price.Date  `json:"until,omitzero"`
	Trust    price.Trust `json:"trust"`
	Note     string      `json:"note,omitempty"`
	Currency string      `json:"currency"`
}

// NewPriceRow is what is kept of a row; term is "" where it has none.
func NewPriceRow(p price.Priced, term price.Term) *PriceRow {
	r := p.About()
	return &PriceRow{Kind: p.Kind(), Term: term, Name: r.Name, Source: r.Source, Date: r.Date, Until: r.Until, Trust: r.Trust, Note: r.Note, Currency: r.Currency}
}

// About is the row as the catalogue has it.
func (p PriceRow) About() price.Row {
	return price.Row{Name: p.Name, Source: p.Source, Date: p.Date, Until: p.Until, Trust: p.Trust, Note: p.Note, Currency: p.Currency}
}

// Rows are all rows of the catalogue that the plan uses.
func (c CostPlan) Rows() []price.Row {
	var all []price.Row
	if c.Row != nil {
		all = append(all, c.Row.About())
	}
	for _, a := range c.APIs {
		all = append(all, a.About())
	}
	for _, a := range c.TargetAPIs {
		if !slices.ContainsFunc(all, func(r price.Row) bool { return r.Name == a.Name }) {
			all = append(all, a.About())
		}
	}
	for _, m := range c.Machines {
		if !slices.ContainsFunc(all, func(r price.Row) bool { return r.Name == m.Name }) {
			all = append(all, m.About())
		}
	}
	return all
}

// validate refuses what would mix currencies or make a comparison with nothing.
func (c CostPlan) validate() error {
	for _, r := range c.Rows() {
		if r.Currency != c.Currency {
			return fmt.Errorf("%q is priced in %s and the machine in %s: expected one currency", r.Name, r.Currency, c.Currency)
		}
	}
	for _, m := range c.Machines {
		if a, err := money.Parse(m.PerHour, c.Currency); err != nil || a.Sign() <= 0 {
			return fmt.Errorf("machine %q has the price %q an hour: expected a decimal above 0", m.Name, m.PerHour)
		}
	}
	for _, a := range slices.Concat(c.APIs, c.TargetAPIs) {
		rates := []money.Amount{a.Input, a.CachedInput, a.CacheWrite, a.Output}
		for _, t := range a.Tiers {
			rates = append(rates, t.Input, t.CachedInput, t.CacheWrite, t.Output)
		}
		for _, amount := range rates {
			if amount.Sign() < 0 || amount.Currency() != "" && amount.Currency() != c.Currency {
				return fmt.Errorf("%q has the price %s: expected at least 0 in %s", a.Name, amount, c.Currency)
			}
		}
	}
	if c.Spares < 0 || c.UserMonth < 0 || c.Watts < 0 {
		return fmt.Errorf("spares %d, requests per user and month %v, watts %v: expected none below 0", c.Spares, c.UserMonth, c.Watts)
	}
	return nil
}

// Energy is what the machine's own counters say that a trial took, from its first request to
// the end of its last answer.
type Energy struct {
	MicroJoules int64    `json:"microjoules,omitempty"`
	Domains     []string `json:"domains,omitempty"` // what the counters cover: "package-0", "package-0/dram"
	Unread      string   `json:"unread,omitempty"`  // why nothing is known, one line; else ""
}
