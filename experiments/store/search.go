package store

import (
	"slices"

	"github.com/assaylab/assay/analysis/record"
)

// Append adds a trial to the run's order, and its load where the run does not have it yet: a search decides on its trials one by
// one. What is there already is not added again.
func (s *Store) Append(load record.Load, key record.TrialKey) error {
	if slices.Contains(s.run.Order, key) {
		return nil
	}
	if !slices.ContainsFunc(s.run.Loads, func(l record.Load) bool { return l.ID == load.ID }) {
		s.run.Loads = insert(s.run.Loads, load)
	}
	s.run.Order = append(slices.Clone(s.run.Order), key)
	return s.writeRun()
}

// insert keeps the levels of a search together and in the order of their rates, as a reader wants them.
func insert(loads []record.Load, load record.Load) []record.Load {
	at := len(loads)
	for i, l := range slices.Backward(loads) {
		if l.Search == load.Search && l.Rate > load.Rate {
			at = i
		}
	}
	return slices.Insert(slices.Clone(loads), at, load)
}

// searched says whether a load is a level of one of the run's searches, whose repetitions are not the scenario's.
func (s *Store) searched(load string) bool {
	return slices.ContainsFunc(s.run.Loads, func(l record.Load) bool { return l.ID == load && l.Search != "" })
}

// keepSearched takes over what searches added to the run before, where the plan that goes on has the same search.
func keepSearched(was record.Run, is *record.Run) {
	kept := map[string]bool{}
	for _, l := range was.Loads {
		if l.Search != "" && slices.ContainsFunc(is.Searches, func(s record.Search) bool { return s.Name == l.Search && slices.Contains(was.Searches, s) }) {
			is.Loads, kept[l.ID] = append(is.Loads, l), true
		}
	}
	for _, k := range was.Order {
		if kept[k.Load] && slices.ContainsFunc(is.Arms, func(a record.Arm) bool { return a.ID == k.Arm }) {
			is.Order = append(is.Order, k)
		}
	}
}
