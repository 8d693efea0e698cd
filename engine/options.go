package engine

import (
	"time"

	"github.com/assaylab/assay/engine/kvcache"
)

// Values of Options.Preemption. With PreemptSwap, blocks that do not fit the room outside the
// cache are computed again as with PreemptRecompute.
const (
	PreemptRecompute = "recompute"
	PreemptSwap      = "swap"
)

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
	KVPolicy        string // kv_policy: which positions are kept, one of kvcache.Policies
	KVBudget        int    // kv_budget: positions kept of a sequence, where not all are
	KVSinks         int    // kv_sinks: first positions that are always kept
	KVRecent        int    // kv_recent: last positions that are always kept, with h2o and snapkv
	KVObserve       int    // kv_observe: last rows of a prompt whose attention chooses, with h2o and snapkv; 0 is all
	PrefixCache     string // prefix_cache: how finished sequences' blocks are found again: "none", "hash" or "radix"
	Eviction        string // eviction: which of them go first: "lru", "lfu" or "cost"
	Preemption      string // preemption: what becomes of a preempted sequence's blocks: "recompute" or "swap"
	SwapTokens      int    // swap_tokens: positions that "swap" keeps outside the KV cache; 0 is KVTokens
	Drafter         string // drafter: what drafts tokens, one of Drafters; empty is "auto"
	DraftLayers     int    // draft_layers: of the model's layers, how many draft with drafter "self"; without effect with any other
	DraftLength     int    // draft_length: tokens drafted per verify step at most, of trees all nodes; without effect where nothing drafts
	DraftAdaptive   bool   // draft_adaptive: as many as are expected to pay in each step, none included, draft_length at most
	Context         int    // context: longest sequence; 0 is the model's own
	MaxQueue        int    // max_queue: waiting requests; one more is refused
	MaxQueuedTokens int    // max_queued_tokens: waiting prompt tokens; 0 is no limit

	Batching       string        // batching: when requests join a batch: "continuous", "none", "static" or "dynamic"
	BatchWait      time.Duration // batch_wait: how long a static or dynamic batch is waited for after its first request
	PreferredBatch string        // preferred_batch: sizes with which a dynamic batch starts at once, such as "2,4"
	PrefillChunk   int           // prefill_chunk: rows of prompts in one step; 0 is what the budget leaves
	PrefillOrder   string        // prefill_order: "decode-first", "prefill-first" or "mixed"
	QueueOrder     string        // queue_order: "fcfs", "shortest" or "fair"
	QueueAgeing    time.Duration // queue_ageing: with "shortest", how much later a turn is for each token of the prompt
	MaxTTFT        time.Duration // max_ttft: requests whose first token is expected later are refused; 0 is no limit

	DraftAcceptance string  // draft_acceptance: which drafts stand where tokens are sampled: "exact", which is also empty, or "typical"
	DraftEpsilon    float64 // draft_epsilon: of "typical", see spec.Typical; without effect with "exact"

	// Handicap makes every step longer by that share of itself, spent computing nothing: a slow-down of known size, for tests
	// of what is to find one. It is no setting of a deployment.
	Handicap float64
}

// DefaultOptions are what `assay serve` runs with when nothing is said.
func DefaultOptions() Options {
	return Options{MaxBatch: 8, TokenBudget: 256, ChunkedPrefill: true, BlockSize: 16,
		PrefixCache: kvcache.IndexNone, Eviction: kvcache.EvictLRU, Preemption: PreemptRecompute,
		KVFormat: "bf16", KFormat: SameFormat, VFormat: SameFormat, KVRotation: "none", KVLayout: LayoutPaged,
		KVPolicy: kvcache.PolicyFull, KVBudget: 512, KVSinks: 4, KVRecent: 64, KVObserve: 32,
		Drafter: DrafterAuto, DraftLength: 4, DraftAcceptance: AcceptExact, DraftEpsilon: 0.09, MaxQueue: 1024,
		Batching: "continuous", BatchWait: 20 * time.Millisecond, PrefillOrder: "decode-first",
		QueueOrder: "fcfs", QueueAgeing: 10 * time.Millisecond}
}
