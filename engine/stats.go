package engine

import (
	"sort"
	"time"
)

// Stats is a snapshot of the engine: gauges as of the last step, counters since start.
type Stats struct {
	Running, Waiting      int
	Blocks                Blocks
	Steps                 int64
	StepTokens            StepTokens
	Busy                  time.Duration // inside steps
	PrefillOps, DecodeOps int64         // multiply-adds of prompt and of generated positions, drafts and draft model included
	PromptTokens          int64         // asked, whether computed or cached
	PrefixQueries         int64         // prompt tokens looked up in the prefix index
	PrefixHits            int64         // of these, tokens found
	SharedTokens          int64         // prompt tokens taken over from a running request of the same group
	GeneratedTokens       int64
	Drafts                int64   // verify steps with at least one draft
	DraftTokens           int64   // drafted
	AcceptedTokens        int64   // accepted, bonus tokens not counted
	AcceptedAt            []int64 // accepted drafts by position, from 0
	Preemptions           int64
	DroppedPositions    int64 // given up by sequences that went on, see Options.KVPolicy
	PeakSequence          int64 // most positions that the cache had room for of one sequence
	Finished              map[FinishReason]int64
	PeakRunning           int
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
type Blocks struct{ Total, Free, Cached, Held int }
