package capacity

import (
	"time"

	"github.com/assaylab/assay/analysis/money"
)

// Problem is everything that a plan follows from.
type Problem struct {
	Now      time.Time // the day of the decision: nothing can be ordered before
	Months   []Month   // consecutive
	Options  []Option
	Holdings []Holding
	// PerReplica is the rate at which one replica holds the limits.
	PerReplica PerReplica
	Reserve    Reserve
	// Discount is the rate per year by which later money counts less: 0.08. A month's cash is
	// taken to flow at its beginning.
	Discount float64
	// Tail is the share of payments due after the last month, for contracts signed before, that the
	// plan is charged with: 1 if nothing is assumed to be needed then.
	Tail float64
}

// Plan is the cheapest mix for all months together.
type Plan struct {
	Months []MonthPlan
	Orders []Order  // by the month of service, then in the order of the options
	Signed []string // contracts with a monthly minimum that are signed, by name
	Cash
	// NPV is the present value of all payments, less that of what is left in the end: the sum of the months'.
	NPV money.Amount
	// Score is what is least of all plans: NPV and the present value of Penalty.
	Score money.Amount
	// Bound is what no plan's Score can be below: equal to it but for the rounding of payments to cents, unless the
	// search ended before it had proved that (Notes say so).
	Bound money.Amount
	Mix   Mix
	Notes []string // what a reader must know, one sentence each
}

// Cash are sums: Paid = Capex + Opex, to the cent.
type Cash struct {
	Capex, Opex, Paid money.Amount
	Worth             money.Amount // of what is left in the end: owned units, and what was paid ahead
	Due               money.Amount // after the last month, of contracts signed before
	// Penalty is what degraded requests are held to cost. It is decided with and paid by nobody: neither Paid nor NPV has it.
	Penalty money.Amount
}

// MonthPlan is one month of a plan.
type MonthPlan struct {
	First    time.Time
	Peak     float64  // requests per second
	Requests float64  // of the month
	Replicas Replicas // that the peak needs
	Held     int      // replicas that are owned or reserved
	Uses     []Use    // in the order of the options; those without use are left out
	// Cash of the month. Worth is that of units that are retired at its beginning; the last month has that of all
	// units at its end as well, and all that is due later.
	Cash Cash
	NPV  money.Amount // present value of Paid, less that of Worth, with Tail of Due
	Book money.Amount // worth at its end of all that was ordered and is owned
}

// Use is what a month takes of an option.
type Use struct {
	Option   string
	Kind     Kind
	Units    int     // owned or reserved: there all month; rented: the most that are paid for at once
	Hours    float64 // unit-hours that are paid for by the hour
	Requests float64 // that are answered there. They sum to the month's
	Billed   float64 // requests that are paid for by the request
	Capex    money.Amount
	Opex     money.Amount
	Penalty  money.Amount // of degraded requests
}

// Order is something to be ordered or signed.
type Order struct {
	Option  string
	Kind    Kind
	Units   int
	By      time.Time    // the last day to order it
	Service time.Time    // the first day of its first month
	Month   int          // index of that month
	Cost    money.Amount // all payments that follow from it, those after the last month included
}

// Mix is a decision in short: the option that answers most requests, and those that are bought or reserved.
type Mix struct {
	Main      string
	Committed []string // names, in the order of the options
}
