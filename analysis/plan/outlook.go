package plan

import (
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/money"
)

// Outlook is what follows from Inputs. Reports draw it and add nothing.
type Outlook struct {
	Inputs
	Arms []ArmPlan // in the order of Inputs.Arms
	Best int       // index of the cheapest arm that has a plan, -1 where none has
	Over []string  // budgets that the plan exceeds, one sentence each
	// The rest is of the best arm, and empty where there is none.
	Scenarios    []ScenarioPlan // the same for other scenarios of demand
	Alternatives []Alternative  // the same with fewer options
	Effects      []capacity.Effect
	Crossover    []Crossover // when buying or reserving beats renting
	Cheap, Dear  Decision    // with the rate of a replica and all prices at one end of their intervals
	Volume       Volume
	Checks       *Checks // by simulation, nil where nobody asked

	Assumptions []Assumption
	Warnings    []string // what weakens the plan, one sentence each
	Answer      string   // in words
}

// Decision is a plan, or why there is none.
type Decision struct {
	Plan       *capacity.Plan // nil where it is infeasible
	Infeasible string         // because of what, one sentence; "" where there is a plan
}

// ArmPlan is the cheapest plan with one arm, or why there is none.
type ArmPlan struct {
	Name       string
	PerReplica capacity.PerReplica
	Problem    capacity.Problem // that was solved
	Plan       *capacity.Plan
	Infeasible string
	Notes      []string // what was not planned with, and why
}

// ScenarioPlan is a plan for one scenario of demand.
type ScenarioPlan struct {
	Name    string
	Planned bool // it is the one that the plan is for
	Peak    float64
	Decision
	Kept Decision // the same demand with the orders of the plan
}

// Alternative is a plan that may use only some of the options.
type Alternative struct {
	Name    string // "renting by the hour alone"
	Options []string
	Decision
}

// Crossover is how soon one way of having capacity has cost less than another, in present value.
type Crossover struct {
	Name    string // "with bought servers against renting alone"
	Month   int    // index of the first month from which it has, -1 for never within the plan
	Why     string // in words
	Savings money.Amount
}

// Volume is what a month costs by how much is served in it.
type Volume struct {
	Lines  []VolumeLine
	Breaks []Break
	First  float64 // what the first month of the planned scenario asks for
	Last   float64
	Note   string // under which use of machines
}

// Scale is what volumes, which are millions of tokens a month, are divided by where people read them, and their unit then.
func (v *Volume) Scale() (by float64, unit string) {
	switch most := max(v.First, v.Last); {
	case most >= 1e6:
		return 1e6, "trillion tokens a month"
	case most >= 1e3:
		return 1e3, "billion tokens a month"
	}
	return 1, "million tokens a month"
}

// VolumeLine is one option alone.
type VolumeLine struct {
	Option string
	Kind   capacity.Kind
	Points []VolumePoint
}

// VolumePoint is the cost of a month.
type VolumePoint struct{ Volume, Cost float64 }

// Break is the volume from which on an option stays cheaper than an API, +Inf for none.
type Break struct {
	Option, API string
	Volume      float64
	Low, High   float64 // by the interval of what a replica carries
	Cost        float64
	Never       bool    // at no volume
	Last        float64 // volume of the plan's last month, for comparison
}

// Checks are peak hours that were simulated.
type Checks struct {
	Arm     string
	Months  []Check
	Errors  []CheckError // of the simulator, where it could be held against measurements
	Router  string
	Skipped string // why nothing was simulated, "" where something was
}

// Check is the peak hour of one month on the replicas that the plan has for it, its spares left out.
type Check struct {
	Month    time.Time
	Rate     float64 // requests per second, headroom included
	Replicas int
	Figures  []CheckFigure
	Met      bool
	Missed   string // which limit, "" where Met
	Attained float64
}

// CheckFigure is one limit's percentile.
type CheckFigure struct {
	Limit capacity.SLO
	NS    float64
	Error float64 // how far off such predictions were at worst, as a share; NaN where nobody knows
}

// CheckError is how far predictions of one metric were from what was measured.
type CheckError struct {
	Metric string  `json:"metric"`
	Cells  int     `json:"cells"`
	Median float64 `json:"median"`
	Worst  float64 `json:"worst"`
	Beyond bool    `json:"beyond"` // the peak is busier than anything that was measured
}

// Assumption is something that the plan was told, or that follows from what it was told.
type Assumption struct {
	Group  string `json:"group"`
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"known_from"` // measured, published, scaled, forecast, stated, recorded
	Source string `json:"source"`
	Date   string `json:"date,omitempty"`  // day, "" where there is none
	Doubt  string `json:"doubt,omitempty"` // why it is not to be relied on, "" for nothing known
}

// Origins that an assumption has beside those of package predict.
const (
	Forecast = "forecast"
	Stated   = "stated"
	Recorded = "recorded" // a history of demand
)

// Chosen is the best arm's plan, nil where there is none.
func (o *Outlook) Chosen() *ArmPlan {
	if o.Best < 0 {
		return nil
	}
	return &o.Arms[o.Best]
}

// Arm is the candidate of a name.
func (in *Inputs) Arm(name string) Arm {
	for _, a := range in.Arms {
		if a.Name == name {
			return a
		}
	}
	return Arm{}
}

// ByDate are orders by the day on which they have to be placed.
func ByDate(orders []capacity.Order) []capacity.Order {
	sorted := slices.Clone(orders)
	slices.SortStableFunc(sorted, func(a, b capacity.Order) int { return a.By.Compare(b.By) })
	return sorted
}
