package engine

import (
	"sort"
	"time"
)

// Stats is a snapshot of the engine: gauges as of the last step, counters since start.
type Stats struct {
	Running, Waiting      int
	Blocks                Blocks
	Positions             Positions // of the held blocks
	PositionSteps         Positions // the same, summed over steps while these run
	Steps                 int64
	StepTokens            StepTokens
	Busy                  time.Duration // inside steps
	PrefillOps, DecodeOps int64         // multiply-adds of prompt and of generated positions, drafts and draft model included
	PromptTokens          int64         // asked, whether computed or cached
	PrefixQueries         int64         // prompt tokens looked up in the prefix index
	PrefixHits            int64         // of these, tokens found
	SharedTokens          int64         // prompt tokens taken over from a running request of the same group
	GeneratedTokens       int64
	DraftTime             time.Duration // of Busy: finding drafts, which a draft model computes
	VerifySteps           int64         // steps with a draft of at least one sequence
	VerifyTime            time.Duration // of Busy: these steps without finding drafts, but with all else they computed
	Batches               []BatchSteps  // steps that only decode, by sequences from 1; the last has all larger batches
	Drafts                int64         // drafts verified: those of two sequences in one step are two
	DraftTokens           int64         // drafted
	DraftedAt             []int64       // by position, from 0; of trees one for each depth
	DraftsFallen          int64         // drafts of which a token was rejected; the others stood as far as the answer went
	AcceptedTokens        int64         // accepted, bonus tokens not counted
	AcceptedAt            []int64       // accepted drafts by position, of trees by depth, from 0
	Preemptions           int64
	DroppedPositions      int64 // given up by sequences that went on, see Options.KVPolicy
	HeldPositions         int64 // what sequences had room for, added up over the steps of each
	SequenceSteps         int64 // steps of each sequence, added up
	PeakSequence          int64 // most positions that the cache had room for of one sequence
	Evictions             int64 // cached blocks given up for room, by the policy of Options.Eviction
	PrefixCopies          int64 // parts of blocks copied for sequences that begin alike
	PrefixCopied          int64 // positions in them; those of prompts are among PrefixHits
	SwapOutBytes          int64 // of preempted sequences
	SwapInBytes           int64
	OffloadHits           int64 // blocks found in files
	OffloadReadBytes      int64 // of these
	OffloadWrites         int64 // evicted blocks written to files
	OffloadWriteBytes     int64 // of these
	OffloadDropped        int64 // evicted blocks not written, since the disk did not keep up or failed
	OffloadBad            int64 // blocks in files that could not be read, or whose checksum was wrong
	OffloadBytes          int64 // in files now
	Finished              map[FinishReason]int64
	PeakRunning           int
	Admitted              int64         // requests taken into the queue; every one of them ends up in Finished
	RefusedQueue          int64         // requests refused because the queue was full
	RefusedTTFT           int64         // requests refused because their first token was expected too late
	Occupancy             time.Duration // integral of (Running + Waiting) over time
	KVBytesPerToken       int64
	WeightBytes           int64
}

// StepTokenBounds are the upper bounds of StepTokens.Buckets but the last, which has none.
// They are vLLM's.
var StepTokenBounds = [...]int64{1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}

// StepTokens is the distribution over steps of the tokens that a step advanced by: prompt
// tokens computed and tokens generated, drafts that did not stand left out.
type StepTokens struct {
	Buckets []int64 // steps with at most the bound and more than the one below
	Sum     int64   // tokens
}

func (h *StepTokens) observe(tokens int64) {
	h.Buckets[sort.Search(len(StepTokenBounds), func(i int) bool { return StepTokenBounds[i] >= tokens })]++
	h.Sum += tokens
}

// Blocks counts KV blocks: Free + Cached + Held == Total when the engine is idle and always.
// Pinned ones are among those held, and all that are when it is idle.
type Blocks struct{ Total, Free, Cached, Held, Pinned int }
