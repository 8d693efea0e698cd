package plan

import (
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/demand"
	"github.com/assaylab/assay/analysis/forecast"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
)

// Inputs is everything that a plan follows from. Whoever reads the files has checked that there is one currency.
type Inputs struct {
	Name, Description string
	File              string // of the plan
	Currency          string
	Today             time.Time // nothing can be ordered before, and prices are as old as they are on this day
	Discount, Tail    float64   // as of capacity.Problem

	Demand   Demand
	Limits   []capacity.SLO
	Reserve  capacity.Reserve
	Arms     []Arm // that may serve all of the demand
	Degrade  *Degrade
	Options  []Option
	Holdings []capacity.Holding
	Budget   Budget
}

// Demand is the forecast, and which of its scenarios has to be served.
type Demand struct {
	PlanFor       string
	Forecast      *forecast.Forecast
	History       *demand.History // nil where the demand is stated
	Stated        *demand.Stated  // nil where there is a history
	Input, Output float64         // mean tokens of a request
}

// Arm is what one replica carries.
type Arm struct {
	Name    string
	Run, ID string // run directory and the arm's id in it; "" for what is published
	Curve   capacity.Curve
}

// Degrade says that a lesser arm may answer some requests.
type Degrade struct {
	Arm      Arm
	MaxShare float64
	Cost     money.Amount // what a request that it answers is held to cost
}

// Option is one way to have capacity: the row of the price catalogue, and what the plan says of it.
type Option struct {
	Row         price.Priced
	Term        price.Term      // of a machine that is rented
	Replicas    map[string]int  // of each arm on one unit
	Offer       capacity.Option // without what depends on the arm
	CachedShare float64         // of an API's input tokens
}

// Budget is the most that may be spent; an Amount without a currency is no bound.
type Budget struct{ Capex, Month, Total money.Amount }
