package engine

import "github.com/assaylab/assay/engine/kvcache"

// Options are the engine's settings. Every one of them can be an axis of a sweep,
// under the name in its comment.
type Options struct {
	Threads         int    // threads: workers of one step; 0 is all usable cores
	MaxBatch        int    // max_batch: sequences in one step
	TokenBudget     int    // token_budget: rows in one step (prompt chunk + decode + drafts)
	ChunkedPrefill  bool   // chunked_prefill: split prompts over steps to keep the budget
	BlockSize       int    // block_size: positions per KV block
	KVTokens        int    // kv_tokens: positions the KV cache holds; 0 is MaxBatch x Context
	KVFormat        string // kv_format: "f32", "f16", "bf16" or "q8_0"
	KVPolicy        string // kv_policy: which positions are kept, one of kvcache.Policies
	KVBudget        int    // kv_budget: positions kept of a sequence, where not all are
	KVSinks         int    // kv_sinks: first positions that are always kept
	KVRecent        int    // kv_recent: last positions that are always kept, with h2o and snapkv
	KVObserve       int    // kv_observe: last rows of a prompt whose attention chooses, with h2o and snapkv; 0 is all
	PrefixReuse     bool   // prefix_reuse: keep finished sequences' blocks for equal prefixes
	DraftLength     int    // draft_length: tokens drafted per verify step; needs a draft model
	Context         int    // context: longest sequence; 0 is the model's own
	MaxQueue        int    // max_queue: waiting requests; one more is refused
	MaxQueuedTokens int    // max_queued_tokens: waiting prompt tokens; 0 is no limit
}

// DefaultOptions are what `assay serve` runs with when nothing is said.
func DefaultOptions() Options {
	return Options{MaxBatch: 8, TokenBudget: 256, ChunkedPrefill: true, BlockSize: 16,
		KVFormat: "bf16", KVPolicy: kvcache.PolicyFull, KVBudget: 512, KVSinks: 4, KVRecent: 64, KVObserve: 32, DraftLength: 4, MaxQueue: 1024}
}
