package engine

import "time"

// Stats is a snapshot of the engine: gauges as of the last step, counters since start.
type Stats struct {
	Running, Waiting      int
	Blocks                Blocks
	Steps                 int64
	Busy                  time.Duration // inside steps
	PrefillOps, DecodeOps int64         // multiply-adds of prompt and of generated positions, drafts and draft model included
	PromptTokens          int64         // asked, whether computed or cached
	PrefixQueries         int64         // prompt tokens looked up in the prefix index
	PrefixHits            int64         // of these, tokens found
	GeneratedTokens       int64
	Drafts                int64   // verify steps with at least one draft
	DraftTokens           int64   // drafted
	AcceptedTokens        int64   // accepted, bonus tokens not counted
	AcceptedAt            []int64 // accepted drafts by position, from 0
	Preemptions           int64
	Finished              map[FinishReason]int64
	PeakRunning           int
	Occupancy             time.Duration // integral of (Running + Waiting) over time
	KVBytesPerToken       int64
	WeightBytes           int64
}

// Blocks counts KV blocks: Free + Cached + Held == Total when the engine is idle and always.
type Blocks struct{ Total, Free, Cached, Held int }
