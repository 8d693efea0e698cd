package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/strict"
)

// Cost prices the machine. Money is kept as the decimal that was written.
type Cost struct {
	PricePerHour string  // "" until ReadFiles where Machine names a row
	Currency     string  // ISO 4217; the row's where Machine names one
	Utilisation  float64 // planned load / capacity, in (0, 1]
	Source       string

	Machine     string     // name of a row of the catalogue, "" for none
	Term        price.Term // of a rental
	Prices      []string   // files whose rows replace those of the shipped catalogue
	CompareAPIs []string   // names of rows
	Spares      int        // machines beside those that carry load
	UserMonth   float64    // requests that a user makes in a month, 0 where not given
	Watts       float64    // that the machine draws, 0 where not given
	PerKWh      string     // price of energy, "" where not given

	Row  price.Priced // that Machine names, from ReadFiles on
	APIs []price.API  // that CompareAPIs name, from ReadFiles on
}

// priceForm is a decimal amount as written: no sign, no exponent.
var priceForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// largestPlan bounds counts of machines and of requests: more is a slip.
const largestPlan = 1 << 20

func (r *reader) cost(t *table) *Cost {
	c, ok := t.child("cost")
	if !ok {
		return nil
	}
	k := &Cost{Machine: c.text("machine", "")}
	c.priceOfMachine(k)
	u := interval{lo: 0, hi: 1, open: true}
	if !c.has("utilisation") {
		c.missing("utilisation", u.String()+" (planned load / capacity)", "0.6")
	}
	k.Utilisation = c.number("utilisation", 1, u)
	k.Prices, k.CompareAPIs = c.names("prices", `"prices.toml"`), c.names("compare_apis", `"gpt-5.6-luna"`)
	if len(k.Prices) > 0 && k.Machine == "" && len(k.CompareAPIs) == 0 {
		r.report(c.key("prices"), "a file of prices that nothing uses", "machine or compare_apis with it", "")
	}
	k.Spares = c.integer("spares", 0, 0, largestPlan)
	k.UserMonth = c.number("requests_per_user_month", 0, interval{lo: 0, hi: largestPlan, open: true})
	k.Watts = c.number("watts", 0, interval{lo: 0, hi: 1e6, open: true})
	if c.has("price_per_kwh") {
		k.PerKWh = c.price("price_per_kwh", "")
	}
	c.known = append(c.known, "price_per_kwh")
	c.finish()
	return k
}

// priceOfMachine reads what says what the machine costs: the price itself, or the name of a row that has it.
func (t *table) priceOfMachine(k *Cost) {
	t.known = append(t.known, "price_per_hour", "currency", "source", "term")
	if k.Machine == "" {
		k.PricePerHour = t.price("price_per_hour", ", or machine = a row of the catalogue of prices")
		k.Currency, k.Source = t.text("currency", "USD"), t.text("source", "")
		if err := money.CheckCurrency(k.Currency); err != nil {
			t.bad("currency", k.Currency, "an ISO 4217 code in capitals", near.Suggestion(strings.ToUpper(k.Currency), []string{"USD", "EUR", "GBP", "JPY", "CHF", "CNY", "INR"}))
		}
		if v, ok := t.values["term"]; ok {
			t.bad("term", v, "machine with it, of whose row it is a price", "")
		}
		return
	}
	for _, name := range []string{"price_per_hour", "currency", "source"} {
		if v, ok := t.values[name]; ok {
			t.bad(name, v, "either machine or "+name+", which the row has", "remove "+name+", or machine")
		}
	}
	terms := make([]string, len(price.AllTerms()))
	for i, term := range price.AllTerms() {
		terms[i] = string(term)
	}
	k.Term = price.Term(t.choice("term", "", terms))
}

// price reads money. A float is taken from the source text, so that 0.10 stays 0.10
// and never becomes the nearest binary fraction.
func (t *table) price(name, or string) string {
	const expected = "a decimal amount above 0 in quotes"
	if !t.has(name) {
		t.missing(name, expected+or, `"0.10"`)
		return ""
	}
	v, _ := t.take(name)
	written, ok := v.(string)
	found := strict.Describe(v)
	if !ok {
		written = t.where[t.key(name)].Text
		found = strict.Shorten(written)
	}
	if !priceForm.MatchString(written) || strings.Trim(written, "0.") == "" {
		t.report(t.key(name), found, expected, `write `+name+` = "0.10"`)
	}
	return written
}

// names reads an array of strings, none of them twice.
func (t *table) names(name, example string) []string {
	var all []string
	for i, v := range t.list(name, "names in quotes, such as "+example) {
		s, ok := v.(string)
		switch {
		case !ok || strings.TrimSpace(s) == "":
			t.report(strict.Element(t.key(name), i), strict.Describe(v), "a name in quotes, such as "+example, "")
		case slices.Contains(all, s):
			t.report(strict.Element(t.key(name), i), fmt.Sprintf("%q again", s), "each once", "")
		default:
			all = append(all, s)
		}
	}
	return all
}

// readPrices takes the rows that the scenario names from the catalogue.
func (s *Scenario) readPrices() error {
	var errs []error
	if k := s.Cost; k != nil && (k.Machine != "" || len(k.CompareAPIs) > 0) {
		c, err := price.Load(s.resolveAll(k.Prices)...)
		if err != nil {
			return err
		}
		errs = append(errs, s.priceMachine(c), s.findAPIs(c))
	}
	return errors.Join(append(errs, s.priceTargets())...)
}

func (s *Scenario) resolveAll(paths []string) []string {
	all := make([]string, len(paths))
	for i, p := range paths {
		all[i] = s.Resolve(p)
	}
	return all
}

func (s *Scenario) priceMachine(c *price.Catalogue) error {
	k := s.Cost
	if k.Machine == "" {
		return nil
	}
	row, err := c.Find(k.Machine, price.KindMachine, price.KindRental, price.KindPurchase)
	if err != nil {
		return s.Problem("cost.machine", err.Error(), "a machine, a rental or a purchase of the catalogue", "")
	}
	if _, bought := row.(price.Purchase); bought && k.Term != "" {
		return s.Problem("cost.term", string(k.Term), "no term: "+k.Machine+" is bought", "remove term")
	}
	a, term, ok := perHour(row, k.Term)
	if !ok {
		return s.Problem("cost.machine", fmt.Sprintf("%q has no price %s", k.Machine, term), "a term that its row has", "set term")
	}
	r := row.About()
	k.Row, k.Term, k.PricePerHour, k.Currency = row, term, a.Round(6).Decimal(), r.Currency
	k.Source = fmt.Sprintf("%s: %s, %s", r.Name, r.Source, r.Date)
	return nil
}

// perHour is what a machine costs in an hour, with all its GPUs: of a rental by its term, on demand where none is named.
func perHour(row price.Priced, term price.Term) (a money.Amount, of price.Term, ok bool) {
	if p, bought := row.(price.Purchase); bought {
		return p.PerMonth().Per(price.HoursPerMonth), "", true
	}
	if term == "" {
		term = price.OnDemand
	}
	switch r := row.(type) {
	case price.Machine:
		a, ok = r.Terms.At(term)
	case price.Rental:
		a, ok = r.PerMachineHour(term)
	}
	return a, term, ok
}

func (s *Scenario) findAPIs(c *price.Catalogue) error {
	k := s.Cost
	var problems []*strict.Problem
	for i, name := range k.CompareAPIs {
		key := strict.Element("cost.compare_apis", i)
		switch a, err := c.API(name); {
		case err != nil:
			problems = append(problems, s.Problem(key, err.Error(), "a managed API of the catalogue", ""))
		case k.Currency != "" && a.Currency != k.Currency:
			problems = append(problems, s.Problem(key, fmt.Sprintf("%q is priced in %s", name, a.Currency), k.Currency+", as the machine is",
				"amounts are never converted: put a row of that name in "+k.Currency+" into a file of prices"))
		default:
			k.APIs = append(k.APIs, a)
		}
	}
	return strict.Join(problems)
}
