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
	Orders []Order // by order date
	Cash
	// NPV is the present value of all payments, less that of what is owned at the end.
	NPV money.Amount
	// Bound is what the optimum cannot be below, in the same terms: equal to NPV to a
	// ten-thousandth of the currency's unit per payment.
	Bound money.Amount
	Notes []string // what a reader must know, one sentence each
}

// Cash are sums over the months: Paid = Capex + Opex, to the cent.
type Cash struct {
	Capex, Opex, Paid money.Amount
	Worth             money.Amount // of owned units at the end of the last month
	Due               money.Amount // after the last month, of contracts signed before
}

// MonthPlan is one month of a plan.
type MonthPlan struct {
	First    time.Time
	Peak     float64  // requests per second
	Requests float64  // of the month
	Replicas Replicas // that the peak needs
	Held     int      // replicas that are owned or reserved
	Uses     []Use    // in the order of the options; those without use are left out
	Cash     Cash     // Worth and Due are 0 but in the last month
	// NPV is the present value of the month's payments; the last month has that of Worth and Due in it.
	NPV money.Amount
}

// Use is what a month takes of an option.
type Use struct {
	Option   string
	Kind     Kind
	Units    int     // owned or reserved: there all month; rented: the most at once
	Hours    float64 // unit-hours that are paid for by the hour
	Requests float64 // that it answers. Of API and degrade: all those that are paid for
	Capex    money.Amount
	Opex     money.Amount
}

// Order is something to be ordered or signed.
type Order struct {
	Option  string
	Kind    Kind
	Units   int
	By      time.Time    // the last day to order it
	Service time.Time    // the first day it is needed
	Month   int          // index of the month of Service
	Cost    money.Amount // all payments that follow from it, those after the last month included
}

// Effect is what one input does to the total: a bar of a tornado.
type Effect struct {
	Input      string // "demand", "throughput of a replica", "price of h100-server"
	Low, High  Outcome
	Thresholds []Threshold // where another mix is chosen; none within the range that was searched
}

// Outcome is the plan at one value of an input.
type Outcome struct {
	Factor     float64 // of the input
	NPV        money.Amount
	Mix        Mix
	Infeasible string // why there is no plan; "" where there is
}

// Threshold is the factor of an input at which the mix changes.
type Threshold struct {
	Factor float64 // known to 0.1 %
	Value  string  // the input there, with its unit; "" where the input has none
	From   Mix     // towards factor 1
	To     Mix     // beyond
}

// Mix is a decision in short: the option that answers most requests, and those that are bought or reserved.
type Mix struct {
	Main      string
	Committed []string // names, in the order of the options
}
