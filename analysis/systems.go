package analysis

import (
	"cmp"
	"slices"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/record"
)

// Systems is what is concluded of a run whose arms are several systems, beside what every run has.
type Systems struct {
	All          []System // in the run's order
	Volume       *Volume  // nil where no machine and no API can be compared by volume
	Incomparable []Incomparable
	Truths       []Truth   // of arms that are not the included engine, in the order of Cells
	Services     []Service // of arms that the lab did not start
}

// SystemKind is what the lab can know and do about a system.
type SystemKind int

// Kinds of systems.
const (
	Engine  SystemKind = iota // the included one
	Started                   // started by the lab, on its machine
	There                     // a server that somebody else started
	Managed                   // an API, paid by the token
)

// System is the arms of one target, or of the included engine.
type System struct {
	Name    string // the target's, "" for the included engine
	Kind    SystemKind
	Title   string
	Version string // "" where it is not known
	Arms    []string

	Hardware string // "" where it is not declared
	Region   string
	Price    Price
}

// Price is what a system is priced by.
type Price struct {
	PerHour money.Amount // of a machine
	API     *price.API   // paid by the token
	Row     *price.Row   // of the catalogue, nil where the scenario has the price itself
	Source  string
	Doubt   string // why the row was not to be relied on when the run began, "" where it was
	Unknown string // why there is no price, a sentence; "" where there is one
}

// Volume compares what a month costs on whole machines with what it costs at APIs, by requests.
type Volume struct {
	Arm      string // the recommended arm that runs on a machine, or the next best one that does
	PerMonth money.Amount
	Spares   int
	Capacity cost.Estimate // requests that one machine serves in a month at the planned utilisation
	Calls    []Call        // the cheapest first
}

// Call is an arm that is paid by the token.
type Call struct {
	Arm        string
	PerRequest Value          // of those that meet every limit
	Break      cost.BreakEven // in requests
	Equal      bool           // its quality was measured, and is within the bound
}

func (s *Systems) volume() *Volume {
	if s == nil {
		return nil
	}
	return s.Volume
}

// kindOf an arm.
func kindOf(arm record.Arm) SystemKind {
	switch d := arm.Deployment; {
	case d == nil:
		return Engine
	case d.Started:
		return Started
	case d.Managed:
		return Managed
	}
	return There
}

// compareSystems says what a run of several systems can be asked, and what not.
func (a *analysis) compareSystems() error {
	s := a.study.Systems
	if s == nil {
		return nil
	}
	for _, arm := range a.run.Arms {
		a.addSystem(s, arm)
	}
	if err := a.hearSystems(s); err != nil {
		return err
	}
	s.Incomparable = a.incomparable()
	return nil
}

func (a *analysis) addSystem(s *Systems, arm record.Arm) {
	own := System{Kind: kindOf(arm), Title: "the included engine", Version: a.version(arm), Arms: []string{arm.ID}}
	if d := arm.Deployment; d != nil {
		own.Name, own.Title, own.Hardware, own.Region = d.Target, d.Title, d.Hardware, d.Region
	}
	if i := slices.IndexFunc(s.All, func(x System) bool { return x.Name == own.Name && x.Kind == own.Kind }); i >= 0 {
		s.All[i].Arms = append(s.All[i].Arms, arm.ID)
		return
	}
	p := a.pricingOf(arm)
	own.Price = Price{PerHour: p.perHour, API: p.api, Row: p.row, Source: p.source, Doubt: a.doubt(p.row), Unknown: p.unknown}
	s.All = append(s.All, own)
}

// Of is the system of an arm, nil where there is none.
func (s *Systems) Of(arm string) *System {
	if s == nil {
		return nil
	}
	for i := range s.All {
		if slices.Contains(s.All[i].Arms, arm) {
			return &s.All[i]
		}
	}
	return nil
}

// compareVolume finds from which volume on the best arm on a machine, of those in their order, is cheaper than each API.
func (a *analysis) compareVolume(order []*judged) {
	if !a.mixed {
		return
	}
	i := slices.IndexFunc(order, func(j *judged) bool { return j.pricing.perHour.Currency() != "" })
	calls := a.calls()
	if i < 0 || len(calls) == 0 {
		return
	}
	j, run := order[i], a.run.Cost
	plan := cost.Plan{PerHour: j.pricing.perHour, Utilisation: run.Utilisation}
	v := &Volume{Arm: j.Arm.Arm.ID, PerMonth: plan.PerHour.Mul(price.HoursPerMonth), Spares: run.Spares}
	for _, c := range calls {
		each := estimate(c.PerRequest)
		b, err := cost.AgainstRequests(plan, j.at.rates.Requests, run.Spares, c.Arm, each)
		if err != nil {
			return
		}
		c.Break, v.Capacity = b, b.Capacity
		v.Calls = append(v.Calls, c)
	}
	a.study.Systems.Volume = v
}

// calls are the arms that are paid by the token and whose requests were priced.
func (a *analysis) calls() (out []Call) {
	for i := range a.arms {
		j := &a.arms[i]
		if j.pricing.api == nil || j.at == nil {
			continue
		}
		if each := j.at.perGood(); each.Known() && each.Estimate > 0 {
			out = append(out, Call{Arm: j.Arm.Arm.ID, PerRequest: each, Equal: a.qualityBounded() && j.Eligible})
		}
	}
	slices.SortStableFunc(out, func(x, y Call) int {
		return cmp.Compare(x.PerRequest.Estimate, y.PerRequest.Estimate)
	})
	return out
}
