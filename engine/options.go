package engine

// Options are the engine's settings. Every one of them can be an axis of a sweep,
// under the name in its comment.
type Options struct {
	Threads         int    // threads: workers of one step; 0 is all usable cores
	MaxBatch        int    // max_batch: sequences in one step
	TokenBudget     int    // token_budget: rows in one step (prompt chunk + decode + drafts)
	ChunkedPrefill  bool   // chunked_prefill: split prompts over steps to keep the budget
	BlockSize       int    // block_size: positions per KV block
	KVTokens        int    // kv_tokens: positions the KV cache holds; 0 is MaxBatch x Context
	KVFormat        string // kv_format: "f32", "f16", "bf16", "q8_0" or "q4_0"
	KFormat         string // k_format: that of keys; "same", which is also empty, is KVFormat
	VFormat         string // v_format: that of values; likewise
	KPerChannel     bool   // k_per_channel: keys in q8_0 or q4_0 have scales per column, over 32 positions
	KVRotation      string // kv_rotation: "none", which is also empty, or "hadamard"
	KVLayout        string // kv_layout: "paged", which is also empty, or "contiguous"
	PrefixReuse     bool   // prefix_reuse: keep finished sequences' blocks for equal prefixes
	DraftLength     int    // draft_length: tokens drafted per verify step; needs a draft model
	Context         int    // context: longest sequence; 0 is the model's own
	MaxQueue        int    // max_queue: waiting requests; one more is refused
	MaxQueuedTokens int    // max_queued_tokens: waiting prompt tokens; 0 is no limit
}

// DefaultOptions are what `assay serve` runs with when nothing is said.
func DefaultOptions() Options {
	return Options{MaxBatch: 8, TokenBudget: 256, ChunkedPrefill: true, BlockSize: 16,
		KVFormat: "bf16", KFormat: SameFormat, VFormat: SameFormat, KVRotation: "none", KVLayout: LayoutPaged,
		DraftLength: 4, MaxQueue: 1024}
}
