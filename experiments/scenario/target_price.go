package scenario

import (
	"errors"
	"fmt"

	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/strict"
)

// priceTargets takes the rows that targets name from the catalogue, each with the files that its target names, or those of [cost].
func (s *Scenario) priceTargets() error {
	var errs []error
	currency := ""
	if s.Cost != nil {
		currency = s.Cost.Currency
	}
	for _, x := range s.Targets {
		if x.Price == "" && (!x.Charges() || x.Unpriced) {
			continue
		}
		files := x.Prices
		if files == nil && s.Cost != nil {
			files = s.Cost.Prices
		}
		c, err := price.Load(s.resolveAll(files)...)
		if err != nil {
			return err
		}
		if err := s.priceOfModel(x, c); err != nil {
			errs = append(errs, err)
		} else if err := s.priceTarget(x, c, currency); err != nil {
			errs = append(errs, err)
		} else if currency == "" {
			currency = x.Row.About().Currency
		}
	}
	return errors.Join(errs...)
}

// priceTarget finds the row of one target. What is paid by the token is an API, and what is not may be priced by either.
func (s *Scenario) priceTarget(x *Target, c *price.Catalogue, currency string) error {
	key := strict.Key(x.Key, "price")
	kinds, expected := []price.Kind{price.KindAPI, price.KindMachine, price.KindRental, price.KindPurchase}, "an API or a machine of the catalogue"
	if x.Charges() {
		kinds, expected = kinds[:1], "a managed API of the catalogue"
	}
	row, err := c.Find(x.Price, kinds...)
	if err != nil {
		return s.Problem(key, err.Error(), expected, "")
	}
	if own := row.About().Currency; currency != "" && own != currency {
		return s.Problem(key, fmt.Sprintf("%q is priced in %s", x.Price, own), currency+", as the rest of the run is",
			"amounts are never converted: put a row of that name in "+currency+" into a file of prices")
	}
	if row.Kind() != price.KindAPI {
		a, term, ok := perHour(row, "")
		if !ok {
			return s.Problem(key, fmt.Sprintf("%q has no price %s", x.Price, term), "a machine that has one", "")
		}
		x.PerHour, x.Term = a.Round(6).Decimal(), term
	}
	x.Row = row
	return s.budgetFits(x)
}
