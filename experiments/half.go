package experiments

import (
	"context"
	"errors"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/stream"
)

// drawnFrom is the repetition whose prompts and arrivals a trial has: the duplicate has those of what it repeats.
func drawnFrom(repetition int) int {
	if repetition == record.HalfLab {
		return record.Confirmation
	}
	return repetition
}

// halve repeats the confirming trial with the lab at half of its work, right after it: what that changes bounds what the lab
// costs the system that shares the machine with it.
func (r *run) halve(ctx context.Context, confirmed record.TrialKey) error {
	arm, load := r.find(confirmed)
	key := sweep.Key(arm, load, record.HalfLab)
	if t, ok := r.store.Record(confirmed.ID); !ok || t.Status != record.StatusOK || r.store.Done(key.ID) {
		return nil
	}
	if half, err := stream.NewHalf(loadgen.DefaultIdle); errors.Is(err, errors.ErrUnsupported) {
		return r.store.Note("What the lab's own work costs the engine is not bounded: this system cannot leave an answer unread until it has ended.")
	} else if err == nil {
		half.CloseIdleConnections()
	}
	r.Progress.Phase("confirming again while the lab does half of its work")
	n := len(r.store.Run().Order) + 2
	return r.trial(ctx, key, n, n)
}
