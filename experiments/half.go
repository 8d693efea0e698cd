package experiments

import (
	"context"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/loadgen/stream"
)

// drawnFrom is the repetition whose prompts and arrivals a trial has: the duplicate has those of what it repeats.
func drawnFrom(repetition int) int {
	if repetition == record.HalfLab {
		return record.Confirmation
	}
	return repetition
}

// halfLeft says whether the confirming trial is still to be repeated.
func (r *run) halfLeft(confirmed record.TrialKey) bool {
	t, ok := r.store.Record(confirmed.ID)
	return ok && t.Status == record.StatusOK && stream.CanLeave && !r.store.Done(r.half(confirmed).ID)
}

func (r *run) half(confirmed record.TrialKey) record.TrialKey {
	arm, load := r.find(confirmed)
	return sweep.Key(arm, load, record.HalfLab)
}

// halve repeats the confirming trial with the lab at half of its work, right after it: what that changes bounds what the lab
// costs the system that shares the machine with it.
func (r *run) halve(ctx context.Context, confirmed record.TrialKey) error {
	if !stream.CanLeave {
		return r.store.Note("What the lab's own work costs the engine is not bounded: this system cannot leave an answer unread until it has ended.")
	}
	if !r.halfLeft(confirmed) {
		return nil
	}
	r.Progress.Phase("confirming again while the lab does half of its work")
	n := len(r.store.Run().Order) + 2
	return r.trial(ctx, r.half(confirmed), n, n)
}
