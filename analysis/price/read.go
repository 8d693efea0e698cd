package price

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/analysis/strict"
)

// largestFile bounds what is read: a catalogue is written by hand.
const largestFile = 1 << 20

// ParseFile is the rows of one file.
func ParseFile(path string) (*Catalogue, error) {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &strict.Problem{File: path, Found: "no such file", Expected: "prices in TOML"}
	case err != nil:
		return nil, fmt.Errorf("read prices: %w", err)
	case len(text) > largestFile:
		return nil, &strict.Problem{File: path, Found: fmt.Sprintf("%d bytes", len(text)), Expected: fmt.Sprintf("at most %d", largestFile)}
	}
	return Parse(path, text)
}

// Parse is the rows of one text; file names it in messages. The error holds every
// problem of the text.
func Parse(file string, text []byte) (*Catalogue, error) {
	values, where, err := strict.Decode(file, text)
	if err != nil {
		return nil, err
	}
	r := &reader{file: file, at: where}
	c := r.catalogue(&table{reader: r, values: values})
	if len(r.problems) > 0 {
		return nil, strict.Join(r.problems)
	}
	c.sort()
	return c, nil
}

func (r *reader) catalogue(t *table) *Catalogue {
	c := &Catalogue{}
	const expected = "the currency of every amount in the file"
	r.currency = t.text("currency", expected, "USD")
	if r.currency != "" && money.CheckCurrency(r.currency) != nil {
		t.bad("currency", r.currency, "three capital letters", near.Suggestion(strings.ToUpper(r.currency), []string{"USD", "EUR", "GBP", "JPY", "CHF", "CNY", "INR"}))
	}
	if money.CheckCurrency(r.currency) != nil {
		r.currency = "XXX" // ISO 4217 for none: the file is refused, but the rest of it is read for its own problems
	}
	for _, row := range t.children(string(KindAPI)) {
		c.APIs = append(c.APIs, row.api())
	}
	for _, row := range t.children(string(KindRental)) {
		c.Rentals = append(c.Rentals, row.rental())
	}
	for _, row := range t.children(string(KindPurchase)) {
		c.Purchases = append(c.Purchases, row.purchase())
	}
	for _, row := range t.children(string(KindMachine)) {
		c.Machines = append(c.Machines, row.machine())
	}
	t.finish()
	r.once(c)
	return c
}

// once reports names that stand for two rows of the file.
func (r *reader) once(c *Catalogue) {
	first := map[string]int{}
	for _, p := range c.All() {
		row := p.About()
		if line, dup := first[row.Name]; dup && row.Name != "" {
			r.problems = append(r.problems, &strict.Problem{File: r.file, Line: max(row.Line, line), Key: string(p.Kind()),
				Found: fmt.Sprintf("a second row %q", row.Name), Expected: "one of a name", Suggestion: fmt.Sprintf("the other is on line %d", min(row.Line, line))})
			continue
		}
		first[row.Name] = row.Line
	}
}

func trusts() []string {
	return []string{string(Primary), string(Secondary), string(Derived), string(Unverified)}
}

// row reads what rows of every kind have.
func (t *table) row() Row {
	r := Row{
		Name:     t.text("name", "a name", "h100-8x"),
		Source:   t.text("source", "who published the price", "the provider's price list"),
		Date:     t.day("date"),
		Trust:    Trust(t.text("trust", "one of "+strings.Join(trusts(), ", "), string(Primary))),
		Note:     t.optional("note", "a remark", "without tax"),
		Currency: t.currency, File: t.file, Line: t.at.LineOf(t.path),
	}
	if r.Trust != "" && !slices.Contains(trusts(), string(r.Trust)) {
		t.bad("trust", string(r.Trust), "one of "+strings.Join(trusts(), ", "), near.Suggestion(string(r.Trust), trusts()))
	}
	if _, ok := t.take("until"); ok {
		if r.Until = t.day("until"); !r.Until.IsZero() && r.Until.Time().Before(r.Date.Time()) {
			t.report(t.key("until"), r.Until.String(), "a day after date, "+r.Date.String(), "")
		}
	}
	return r
}

func (t *table) api() API {
	a := API{Row: t.row(), Rates: t.rates(), Provider: t.optional("provider", "who charges", "openai"), Model: t.optional("model", "the model as the provider calls it", "gpt-5.6-luna")}
	if _, ok := t.take("batch_discount"); ok {
		a.BatchDiscount = t.number("batch_discount", 0, 1, "0.5")
	}
	for _, c := range t.children("tier") {
		tier := Tier{Above: c.whole("above", 1, 1<<40, "200000"), Rates: c.rates()}
		if n := len(a.Tiers); n > 0 && tier.Above <= a.Tiers[n-1].Above {
			c.bad("above", tier.Above, fmt.Sprintf("more than that of the tier before, %d", a.Tiers[n-1].Above), "")
		}
		a.Tiers = append(a.Tiers, tier)
		c.finish()
	}
	t.finish()
	return a
}

func (t *table) rates() Rates {
	return Rates{Input: t.rate("input", "3.00"), CachedInput: t.amount("cached_input"), CacheWrite: t.amount("cache_write"), Output: t.rate("output", "15.00")}
}

// terms reads prices of which at least one has to be there; none may be zero.
func (t *table) terms() Terms {
	at := map[Term]money.Amount{}
	for _, term := range AllTerms() {
		if _, ok := t.take(string(term)); ok {
			at[term] = t.price(string(term), "2.95")
		}
	}
	if len(at) == 0 {
		t.report(t.path, "no price", "at least one of on_demand, reserved_1y, reserved_3y, spot", `add on_demand = "2.95"`)
	}
	return Terms{OnDemand: at[OnDemand], Reserved1: at[Reserved1], Reserved3: at[Reserved3], Spot: at[Spot]}
}

func (t *table) rental() Rental {
	r := Rental{Row: t.row(), Terms: t.terms(), GPU: t.text("gpu", "the GPU's name", "H100 SXM"), GPUs: int(t.whole("gpus", 1, 1<<16, "8"))}
	t.finish()
	return r
}

func (t *table) machine() Machine {
	m := Machine{Row: t.row(), Terms: t.terms(), CPUs: int(t.whole("cpus", 1, 1<<16, "8"))}
	if _, ok := t.take("memory_gib"); ok {
		m.MemoryGiB = t.number("memory_gib", 0.1, 1<<20, "32")
	}
	t.finish()
	return m
}

func (t *table) purchase() Purchase {
	p := Purchase{
		Row:                t.row(),
		GPU:                t.text("gpu", "the GPU's name", "H100 SXM"),
		GPUs:               int(t.whole("gpus", 1, 1<<16, "8")),
		Price:              t.price("price", "310000"),
		Residual:           t.number("residual", 0, 1, "0.2"),
		Months:             int(t.whole("months", 1, 240, "48")),
		CapitalPerYear:     t.number("capital_per_year", 0, 1, "0.08"),
		PowerKW:            t.number("power_kw", 0, 1e4, "10.96"),
		MaintenancePerYear: t.number("maintenance_per_year", 0, 1, "0.05"),
		StaffPerYear:       t.number("staff_per_year", 0, 10, "0.1"),
		LeadWeeks:          int(t.whole("lead_weeks", 0, 260, "16")),
	}
	t.place(&p)
	t.finish()
	return p
}

// place reads what room and energy cost: a fee per kW, a price per kWh with the
// building's overhead, or both.
func (t *table) place(p *Purchase) {
	p.PerKWh, p.ColocationPerKWMonth = t.amount("price_per_kwh"), t.amount("colocation_per_kw_month")
	_, metered := t.values["price_per_kwh"]
	_, rented := t.values["colocation_per_kw_month"]
	if metered {
		p.PUE = t.number("pue", 1, 5, "1.3")
	} else if v, ok := t.take("pue"); ok {
		t.bad("pue", v, "price_per_kwh with it, which it multiplies", "add price_per_kwh or remove pue")
	}
	if !metered && !rented {
		t.report(t.path, "no price of energy", "price_per_kwh with pue, colocation_per_kw_month, or both", `add colocation_per_kw_month = "200"`)
	}
}
