package experiments

import (
	"slices"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/trial"
)

// profile is what a trial's engine is profiled for.
func (r *run) profile(key record.TrialKey) trial.Profile {
	p := r.plan.Scenario.Profile
	if key.Repetition >= record.Unprofiled {
		return trial.Profile{}
	}
	return trial.Profile{RateHz: p.RateHz, Heap: p.Heap}
}

// withTwin is a trial of the run's order and, where the scenario says so, its twin: the same without a profile, right
// beside it, so that the two differ by what the profile costs. Which of them is first alternates.
func (r *run) withTwin(key record.TrialKey) []record.TrialKey {
	arm, load := r.find(key)
	first := load.Record.Search == "" && arm.Record.ID == r.plan.Matrix.Arms[0].Record.ID && load.Record.ID == r.plan.Matrix.Loads[0].Record.ID
	if !first || key.Repetition >= r.plan.Scenario.Profile.CostPairs {
		return []record.TrialKey{key}
	}
	pair := []record.TrialKey{key, sweep.Key(arm, load, record.Unprofiled+key.Repetition)}
	if key.Repetition%2 == 1 {
		slices.Reverse(pair)
	}
	return pair
}

// all are the trials of the sweep in their order, with the twins.
func (r *run) all() (keys []record.TrialKey) {
	for _, key := range r.store.Run().Order {
		keys = append(keys, r.withTwin(key)...)
	}
	return keys
}

// unprofiled marks a twin in messages.
func unprofiled(key record.TrialKey) string {
	if key.Repetition >= record.Unprofiled {
		return " (no profile)"
	}
	return ""
}
