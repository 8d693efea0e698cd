package capacity

import (
	"time"

	"github.com/assaylab/assay/analysis/money"
)

// Kind is a way to have capacity.
type Kind string

// The kinds.
const (
	Own     Kind = "own"     // bought: paid once, kept up monthly, worth something in the end
	Hold    Kind = "reserve" // reserved for a term: paid whether it is used or not
	Rent    Kind = "rent"    // on demand, by the hour
	Spot    Kind = "spot"    // on demand, and may be taken away
	API     Kind = "api"     // a managed API takes what is above the capacity
	Degrade Kind = "degrade" // replicas answer with a cheaper arm what is above the capacity
)

// Option is one way to have capacity, with its price. Fields that a kind has no use for
// are zero (Problem.Check says which are missing).
type Option struct {
	Name string
	Kind Kind
	// Replicas that one unit carries: of a server, a node, a rented machine. Units are whole.
	Replicas int
	// Price: own: of a unit; reserve: of a unit and month; rent, spot: of a unit and hour; api: of a
	// request; degrade: what a request that is answered by the lesser arm is held to cost.
	Price  money.Amount
	Spread Spread // how far the price may be off
	// Upkeep of a unit and month, own: power, colocation, maintenance, staff.
	Upkeep money.Amount
	// Months: own: of use, after which it is retired; reserve: of the term.
	Months int
	// Residual is the share of Price that an owned unit is worth after Months; before, its worth is on
	// the straight line from Price.
	Residual float64
	// Upfront is the share of a reservation that is paid at its start; the rest is paid by the month.
	Upfront float64
	// PaidAtOrder says that an owned unit is paid when it is ordered, not when it comes.
	PaidAtOrder bool
	// LeadDays are the days from order, or signature, to service.
	LeadDays int
	// MinUnits is the least that one order may be of, MaxUnits the most that can be had at the same time. 0 is no bound.
	MinUnits, MaxUnits int
	// Minimum is what a contract costs a month at least, of rent, spot and api. Where there is one, whether to sign is decided for
	// all months together.
	Minimum money.Amount
	// MaxRate is the rate limit of an API in requests per second, 0 for none.
	MaxRate float64
	// Availability of spot units: the share of those asked for that are there. In (0, 1].
	Availability float64
	// Gain of degrading: the lesser arm's rate per replica by the full arm's, less 1. Above 0.
	Gain float64
	// MaxShare is the largest share of an hour's requests that may be degraded. In (0, 1].
	MaxShare float64
	Source   string // where the price is from, with its date
	Stale    bool   // the price is too old to be relied on
}

// Spread is an interval around a price as factors of it: {0.8, 1.3}. The zero Spread is {1, 1}.
type Spread struct{ Low, High float64 }

// Holding is capacity that is there already or ordered: it costs what is still to be paid
// (Upkeep of owned units, Price by the month of reserved ones), and is there in the months
// [From, Until) counted from the first.
type Holding struct {
	Option      string // name
	Units       int
	From, Until int
}

// Month is the demand of one month.
type Month struct {
	First time.Time // its first day, midnight UTC
	// Bins are its hours by the request rate that has to be held in them, the busiest first.
	Bins []Bin
}

// Bin is hours of a month at one rate.
type Bin struct {
	Rate  float64 // requests per second
	Hours float64
}

// Peak is the highest rate of a month.
func (m Month) Peak() float64 {
	peak := 0.0
	for _, b := range m.Bins {
		peak = max(peak, b.Rate)
	}
	return peak
}

// Requests are those of a month.
func (m Month) Requests() float64 {
	sum := 0.0
	for _, b := range m.Bins {
		sum += b.Rate * b.Hours * 3600
	}
	return sum
}
