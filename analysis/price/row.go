package price

import (
	"fmt"
	"time"

	"github.com/assaylab/assay/analysis/money"
)

// Kind is a table of the catalogue.
type Kind string

// The kinds of rows, in the order in which they are listed.
const (
	KindAPI      Kind = "api"      // a managed API, by the token
	KindRental   Kind = "rental"   // a rented GPU, by the hour
	KindPurchase Kind = "purchase" // a bought server
	KindMachine  Kind = "machine"  // a rented CPU machine, by the hour
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{KindAPI, KindRental, KindPurchase, KindMachine} }

// Trust says how a price is known.
type Trust string

// Kinds of trust, the best first.
const (
	Primary    Trust = "primary"    // whoever charges it published it
	Secondary  Trust = "secondary"  // somebody else did
	Derived    Trust = "derived"    // computed from other published numbers
	Unverified Trust = "unverified" // remembered or assumed: to be checked first
)

// StaleAfter is the age in days above which a price is not to be relied on.
const StaleAfter = 90

// Row is what every row says of itself.
type Row struct {
	Name     string `json:"name"`
	Source   string `json:"source"` // the publication
	Date     Date   `json:"date"`   // the day on which the price was seen there
	Trust    Trust  `json:"trust"`
	Note     string `json:"note,omitempty"`
	Until    Date   `json:"until,omitzero"` // the last day of the price, where it was announced to end
	Currency string `json:"currency"`
	File     string `json:"-"` // where it was read
	Line     int    `json:"-"`
}

// Age is the days from the row's date to today; below zero for a date to come.
func (r Row) Age(today time.Time) int {
	return int(DateOf(today).Time().Sub(r.Date.Time()).Hours() / 24)
}

// Doubt says why the price is not to be relied on today: "122 days old". It is "" for a
// fresh row.
func (r Row) Doubt(today time.Time) string {
	switch age := r.Age(today); {
	case age < 0:
		return "dated " + r.Date.String() + ", which is to come"
	case !r.Until.IsZero() && DateOf(today).Time().After(r.Until.Time()):
		return "ended on " + r.Until.String()
	case age > StaleAfter:
		return fmt.Sprintf("%d days old", age)
	}
	return ""
}

// Stale says whether the row is older than StaleAfter, has ended, or is dated in the future.
func (r Row) Stale(today time.Time) bool { return r.Doubt(today) != "" }

// About is the row itself, for code that has rows of any kind.
func (r Row) About() Row { return r }

// Priced is a row of any kind.
type Priced interface {
	About() Row
	Kind() Kind
}

// API is a managed API. Prices are per million tokens; the zero Amount, which has no
// currency, stands for a price that the row does not have.
type API struct {
	Row
	Rates
	Provider string `json:"provider,omitempty"` // who charges, as "openai"; "" where the row does not say
	Model    string `json:"model,omitempty"`    // as the provider calls it; "" for the row's name
	// BatchDiscount is the share taken off requests that may wait hours; 0 where there is no such offer.
	BatchDiscount float64 `json:"batch_discount,omitempty"`
	Tiers         []Tier  `json:"tiers,omitempty"` // for longer prompts, ascending
}

// Rates are the prices of an API per million tokens of each class.
type Rates struct {
	Input       money.Amount `json:"input"`
	CachedInput money.Amount `json:"cached_input,omitzero"` // read from the provider's prefix cache; absent: charged as Input
	CacheWrite  money.Amount `json:"cache_write,omitzero"`  // put into it; absent: charged as Input
	Output      money.Amount `json:"output"`
}

// Tier are the rates of requests whose prompt has more than Above tokens.
type Tier struct {
	Above int64 `json:"above"`
	Rates
}

// Rental is a rented GPU machine. Prices are per GPU-hour.
type Rental struct {
	Row
	Terms
	GPU  string `json:"gpu"`  // "H100 SXM"
	GPUs int    `json:"gpus"` // in one machine, which is rented whole
}

// Machine is a rented CPU machine. Prices are per hour.
type Machine struct {
	Row
	Terms
	CPUs      int     `json:"cpus"` // as the provider counts them
	MemoryGiB float64 `json:"memory_gib,omitempty"`
}

// Term is how long one binds oneself.
type Term string

// The terms of rentals.
const (
	OnDemand  Term = "on_demand"
	Reserved1 Term = "reserved_1y"
	Reserved3 Term = "reserved_3y"
	Spot      Term = "spot" // may be taken away at any time
)

// AllTerms are all of them.
func AllTerms() []Term { return []Term{OnDemand, Reserved1, Reserved3, Spot} }

// Terms are prices per hour by term; the zero Amount where a term is not on offer.
type Terms struct {
	OnDemand  money.Amount `json:"on_demand,omitzero"`
	Reserved1 money.Amount `json:"reserved_1y,omitzero"`
	Reserved3 money.Amount `json:"reserved_3y,omitzero"`
	Spot      money.Amount `json:"spot,omitzero"`
}

// At is the price of a term, and whether it is on offer.
func (t Terms) At(term Term) (money.Amount, bool) {
	a := map[Term]money.Amount{OnDemand: t.OnDemand, Reserved1: t.Reserved1, Reserved3: t.Reserved3, Spot: t.Spot}[term]
	return a, a.Currency() != ""
}

// Purchase is a bought server, with what it costs to keep.
type Purchase struct {
	Row
	GPU                  string       `json:"gpu"`
	GPUs                 int          `json:"gpus"`
	Price                money.Amount `json:"price"`                            // of the server
	Residual             float64      `json:"residual"`                         // share of the price that it is worth at the end
	Months               int          `json:"months"`                           // of straight-line depreciation
	CapitalPerYear       float64      `json:"capital_per_year"`                 // interest on what is not yet written off
	PowerKW              float64      `json:"power_kw"`                         // of the server under load, everything in it
	PUE                  float64      `json:"pue,omitempty"`                    // what the building draws per unit that the server does
	PerKWh               money.Amount `json:"price_per_kwh,omitzero"`           // absent where the colocation fee contains it
	ColocationPerKWMonth money.Amount `json:"colocation_per_kw_month,omitzero"` // absent in a room of one's own
	MaintenancePerYear   float64      `json:"maintenance_per_year"`             // share of the price
	StaffPerYear         float64      `json:"staff_per_year"`                   // share of the price
	LeadWeeks            int          `json:"lead_weeks"`                       // from the order to service
}

// Kind is the table that the row stands in.
func (API) Kind() Kind { return KindAPI }

// Kind is the table that the row stands in.
func (Rental) Kind() Kind { return KindRental }

// Kind is the table that the row stands in.
func (Purchase) Kind() Kind { return KindPurchase }

// Kind is the table that the row stands in.
func (Machine) Kind() Kind { return KindMachine }
