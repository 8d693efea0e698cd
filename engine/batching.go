package engine

import (
	"github.com/assaylab/assay/engine/admit"
	"github.com/assaylab/assay/engine/sched"
)

// scheduling is what the scheduler is told by the options. It was checked by resolve.
func (o *Options) scheduling(classes bool) (sched.Config, error) {
	sizes, err := sched.ParseSizes(o.PreferredBatch)
	if err != nil {
		return sched.Config{}, err
	}
	c := sched.Config{MaxBatch: o.MaxBatch, TokenBudget: o.TokenBudget, Chunked: o.ChunkedPrefill, DraftLength: o.DraftLength, Classes: classes, Swap: o.Preemption == PreemptSwap, Bound: o.Bound(),
		Policy: sched.Policy(o.Batching), BatchWait: o.BatchWait, Preferred: sizes, Chunk: o.PrefillChunk,
		Order: sched.PrefillOrder(o.PrefillOrder), Queue: sched.QueueOrder(o.QueueOrder), Ageing: o.QueueAgeing,
		Patience: o.MaxTTFT / 2}
	return c, c.Validate()
}

// Scheduling is what the options tell the scheduler, for whoever runs one without an engine. Classes is whether the model's
// prompts have arithmetic of their own.
func (o Options) Scheduling(classes bool) (sched.Config, error) { return o.scheduling(classes) }

// limits are what a prediction depends on.
func (o *Options) limits() admit.Limits {
	l := admit.Limits{MaxBatch: o.MaxBatch, TokenBudget: o.TokenBudget, Chunk: o.PrefillChunk, BatchWait: o.BatchWait,
		PromptsHalf: o.PrefillOrder == string(sched.Mixed), PromptsOnly: o.PrefillOrder == string(sched.PrefillFirst)}
	switch sched.Policy(o.Batching) {
	case sched.None:
		l.MaxBatch = 1
	case sched.Static, sched.Dynamic:
		l.Batched = true
	}
	return l
}
