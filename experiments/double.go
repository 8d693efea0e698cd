package experiments

import (
	"context"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/sweep"
)

// doubleLeft says whether the confirming trial is still to be repeated.
func (r *run) doubleLeft(confirmed record.TrialKey) bool {
	t, ok := r.store.Record(confirmed.ID)
	return ok && t.Status == record.StatusOK && !r.store.Done(r.double(confirmed).ID)
}

func (r *run) double(confirmed record.TrialKey) record.TrialKey {
	arm, load := r.find(confirmed)
	return sweep.Key(arm, load, record.DoubleLab)
}

// redouble repeats the confirming trial, right after it, with the lab at twice its work: what that changes bounds what the
// lab costs the system that shares the machine with it.
func (r *run) redouble(ctx context.Context, confirmed record.TrialKey) error {
	if !r.doubleLeft(confirmed) {
		return nil
	}
	r.Progress.Phase("confirming again while the lab does twice its work")
	n := len(r.all()) + 2
	return r.trial(ctx, r.double(confirmed), n, n)
}
