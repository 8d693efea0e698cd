package showback

import (
	"fmt"
	"math/big"

	"github.com/assaylab/assay/analysis/money"
)

// million is what prices are of.
const million = 1_000_000

// api shares out what a managed API costs.
func (s *Statement) api(a *API, uses []Use) error {
	if !a.Prices && a.Invoice.Currency() == "" {
		return s.recordedAs(a.Name, uses)
	}
	exact := make([]money.Amount, len(uses))
	for i := range uses {
		if a.Prices {
			exact[i] = a.price(&uses[i])
		} else {
			exact[i] = uses[i].Spend
		}
	}
	total, rule := a.Invoice, "the invoice, by prices"
	switch {
	case a.Invoice.Currency() == "":
		total, rule = sum(s.Currency, exact), "prices times tokens"
	case !a.Prices:
		rule = "the invoice, by what the gateway recorded"
	}
	return s.direct(a.Name, rule, total, uses, exact)
}

// price is what a use costs at the API's prices, exactly.
func (a *API) price(u *Use) money.Amount {
	return a.Input.Mul(u.Prompt - u.Cached).Add(a.Cached.Mul(u.Cached)).Add(a.Output.Mul(u.Output)).Per(million)
}

// recordedAs adds what sources recorded as a cost of its own.
func (s *Statement) recordedAs(name string, uses []Use) error {
	if err := s.sameCurrency(uses); err != nil {
		return err
	}
	exact := make([]money.Amount, len(uses))
	for i := range uses {
		exact[i] = uses[i].Spend
	}
	return s.direct(name, "what the gateway recorded", sum(s.Currency, exact), uses, exact)
}

// direct adds a cost whose rows share a total by exact amounts. Of a total that is no whole number of
// cents, the rest is left out and said to be.
func (s *Statement) direct(name, rule string, total money.Amount, uses []Use, exact []money.Amount) error {
	total = total.Round(cents)
	weights, known := make([]*big.Rat, len(uses)), false
	for i, e := range exact {
		weights[i], _ = new(big.Rat).SetString(e.Decimal())
		known = known || weights[i].Sign() > 0
	}
	s.Items = append(s.Items, Item{Name: name, Kind: KindAPI, Cost: total, Idle: money.Zero(s.Currency), Rule: rule})
	s.Total = s.Total.Add(total)
	if total.Sign() != 0 && !known { // invoiced, and nothing is known of who used it
		s.Rows = append(s.Rows, Row{Team: Unattributed, Item: name, Kind: KindAPI, Cost: total})
		s.Notes = append(s.Notes, fmt.Sprintf("%s was invoiced, and nothing was metered that it could be shared by: all of it is %s.", name, Unattributed))
		return s.rows(name, KindAPI, money.Zero(s.Currency), uses, weights)
	}
	return s.rows(name, KindAPI, total, uses, weights)
}

// sameCurrency is an error for spend in another currency than the bill's.
func (s *Statement) sameCurrency(uses []Use) error {
	for _, u := range uses {
		if c := u.Spend.Currency(); c != "" && c != s.Currency {
			return fmt.Errorf("source %q recorded spend on %q in %s, the bill is in %s: amounts are never converted; name the model in an [[api]] with prices or an invoice in %s",
				u.Source, u.Model, c, s.Currency, s.Currency)
		}
	}
	return nil
}

func sum(currency string, all []money.Amount) money.Amount {
	total := money.Zero(currency)
	for _, a := range all {
		total = total.Add(a)
	}
	return total
}
