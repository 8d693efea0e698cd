package trial

import (
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/experiments/target"
)

// difference is what the system counted between two readings. Peaks and sizes are
// those of the later one.
func difference(a, b target.Stats) record.Counters {
	return record.Counters{
		Steps:             b.Steps - a.Steps,
		BusyNS:            (b.Busy - a.Busy).Nanoseconds(),
		PrefillOps:        b.PrefillOps - a.PrefillOps,
		DecodeOps:         b.DecodeOps - a.DecodeOps,
		PromptTokens:      b.PromptTokens - a.PromptTokens,
		PrefixHitTokens:   b.PrefixHits - a.PrefixHits,
		GeneratedTokens:   b.GeneratedTokens - a.GeneratedTokens,
		DraftTokens:       b.DraftTokens - a.DraftTokens,
		AcceptedTokens:    b.AcceptedTokens - a.AcceptedTokens,
		DraftNS:           (b.DraftTime - a.DraftTime).Nanoseconds(),
		VerifySteps:       b.VerifySteps - a.VerifySteps,
		VerifyNS:          (b.VerifyTime - a.VerifyTime).Nanoseconds(),
		Drafts:            b.Drafts - a.Drafts,
		DraftsFallen:      b.DraftsFallen - a.DraftsFallen,
		DraftedAt:         minus(b.DraftedAt, a.DraftedAt),
		Batches:           batches(b.Batches, a.Batches),
		AcceptedAt:        minus(b.AcceptedAt, a.AcceptedAt),
		Preemptions:       b.Preemptions - a.Preemptions,
		DroppedKV:         b.DroppedPositions - a.DroppedPositions,
		MeanKVBytes:       (b.HeldPositions - a.HeldPositions) * b.KVBytesPerToken / max(1, b.SequenceSteps-a.SequenceSteps),
		PeakKVBytes:       b.PeakSequence * b.KVBytesPerToken,
		Aborted:           b.Finished["abort"] - a.Finished["abort"],
		Evictions:         b.Evictions - a.Evictions,
		PrefixCopies:      b.PrefixCopies - a.PrefixCopies,
		SwapOutBytes:      b.SwapOutBytes - a.SwapOutBytes,
		SwapInBytes:       b.SwapInBytes - a.SwapInBytes,
		OffloadHits:       b.OffloadHits - a.OffloadHits,
		OffloadReadBytes:  b.OffloadReadBytes - a.OffloadReadBytes,
		OffloadWriteBytes: b.OffloadWriteBytes - a.OffloadWriteBytes,
		PeakRunning:       int64(b.PeakRunning),
		RunningNS:         (b.Occupancy - a.Occupancy).Nanoseconds(),
		KVBytesPerToken:   b.KVBytesPerToken,
		WeightBytes:       b.WeightBytes,
		PeakRSSBytes:      b.PeakRSSBytes,
		CPUNS:             b.CPUNS - a.CPUNS,
	}
}

func minus(b, a []int64) []int64 {
	var d []int64
	for i, v := range b {
		if i < len(a) {
			v -= a[i]
		}
		d = append(d, v)
	}
	return d
}

// batches leaves out sizes without a step.
func batches(b, a []engine.BatchSteps) []record.BatchSteps {
	var d []record.BatchSteps
	for i, v := range b {
		var old engine.BatchSteps
		if i < len(a) {
			old = a[i]
		}
		if v.Steps > old.Steps {
			d = append(d, record.BatchSteps{Steps: v.Steps - old.Steps, Sequences: v.Sequences - old.Sequences, Rows: v.Rows - old.Rows,
				Tokens: v.Tokens - old.Tokens, BusyNS: (v.Busy - old.Busy).Nanoseconds(), DraftNS: (v.Drafting - old.Drafting).Nanoseconds()})
		}
	}
	return d
}
