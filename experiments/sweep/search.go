package sweep

import (
	"time"

	"github.com/assaylab/assay/analysis/boundary"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

// Searched is a load whose rates are found while it runs.
type Searched struct {
	Record record.Search
	Plan   boundary.Plan

	workload scenario.Workload
	named    bool // its levels' names begin with its own
}

// Searches are the scenario's searches, in its order.
func (m *Matrix) Searches() []Searched {
	var all []Searched
	for _, w := range m.Scenario.Loads {
		if s := w.Search; s != nil {
			r := record.Search{Name: w.Name, MinRate: s.MinRate, MaxRate: s.MaxRate, Precision: s.Precision, MaxProbes: s.MaxProbes, MaxTimeNS: int64(s.MaxTime)}
			all = append(all, Searched{Record: r, Plan: boundary.PlanOf(r, m.Scenario.Run.Seed), workload: w, named: len(m.Scenario.Loads) > 1})
		}
	}
	return all
}

// AskedOf says whether an arm searches.
func (s Searched) AskedOf(m *Matrix, a Arm) bool { return m.Asks(a, s.workload) == "" }

// Load is that of a level. The same level is the same load for every arm, and in a run that is resumed.
func (s Searched) Load(level int) Load {
	w := s.workload
	w.Rates = []float64{s.Plan.Rate(level)}
	l := Load{Record: levels(w, s.named)[0], Workload: w}
	l.Record.Search = s.Record.Name
	l.Record.ID = digest("searched", l.Record.ID, s.Record.Name)
	return l
}

// addSearches counts searches at their most: every probe at the lowest rate, or as long as they may take.
func (e *Estimate) addSearches(m *Matrix, a Allowances) {
	for _, s := range m.Searches() {
		for start, arms := range m.starts(s.workload, a) {
			var one Estimate
			one.add(s.Load(0), s.Record.MaxProbes, a.starting(start))
			if most := time.Duration(s.Record.MaxTimeNS); most > 0 && one.Total() > most {
				one.Schedules = max(0, most-one.Overhead)
				one.Overhead = min(one.Overhead, most)
			}
			n := time.Duration(arms)
			e.Trials += arms * one.Trials
			e.Schedules, e.Overhead = e.Schedules+n*one.Schedules, e.Overhead+n*one.Overhead
		}
		e.Searched = true
	}
}
