package boundary

import "github.com/assaylab/assay/analysis/record"

// Reading is an arm's search as its records tell it.
type Reading struct {
	Plan   Plan
	Trials []record.Trial
	Probes []Probe // of Trials, in their order
	Step   Step    // what they say by now
}

// Read reads the finished trials of an arm's search. There may be none.
func Read(set *record.Set, s record.Search, arm string) (*Reading, error) {
	r := &Reading{Plan: PlanOf(s, set.Run.Seed), Trials: Trials(set, s, arm)}
	for _, t := range r.Trials {
		p, err := ProbeOf(set, r.Plan, t)
		if err != nil {
			return nil, err
		}
		r.Probes = append(r.Probes, p)
	}
	r.Step = r.Plan.Next(r.Probes)
	return r, nil
}

// Capacity is the lowest of what an arm's searches found; nil where none found a rate.
func Capacity(set *record.Set, arm string) (*Estimate, error) {
	var lowest *Estimate
	for _, s := range set.Run.Searches {
		r, err := Read(set, s, arm)
		if err != nil {
			return nil, err
		}
		if e := r.Step.Estimate; e != nil && (lowest == nil || e.Rate < lowest.Rate) {
			lowest = e
		}
	}
	return lowest, nil
}
