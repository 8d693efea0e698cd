package engine

import (
	"errors"
	"time"

	"github.com/assaylab/assay/engine/sample"
)

// ErrOverloaded is returned by Submit when the queue is full. RetryAfter says when
// it is worth trying again.
var ErrOverloaded = errors.New("engine: queue is full")

// ErrClosed is returned by Submit after Close, and ends streams that were running.
var ErrClosed = errors.New("engine: closed")

// ErrSlowConsumer ends a stream whose buffer was full: the loop never waits.
var ErrSlowConsumer = errors.New("engine: the consumer did not keep up")

// ErrTooLong is returned by Submit for a prompt that does not fit the context.
var ErrTooLong = errors.New("engine: prompt does not fit the context")

// Request asks for a continuation of Prompt.
type Request struct {
	ID        string
	Prompt    []int32 // token ids, at least one
	MaxTokens int     // generated tokens at most; the context bounds it too. 0 only with PromptLogprobs
	IgnoreEOS bool    // go on after an end-of-text token; StopTokens count all the same
	// StopTokens end the answer like an end-of-text token, and are its last token.
	StopTokens []int32
	// MinTokens are generated before an end-of-text or stop token may be.
	MinTokens int
	Sampling  sample.Params
	Logprobs  int // alternatives to report per generated token; 0 for none, -1 for the chosen token's only
	// PromptLogprobs asks for the log-probabilities of the prompt's own tokens, in the
	// convention of Logprobs. Such a request takes nothing from the prefix cache.
	PromptLogprobs int
	// Salt separates prefix caches: requests of different salts share no blocks, so that nobody
	// learns from an answer's time what somebody else has asked. What is pinned for everybody
	// is found all the same.
	Salt uint64
	// Pin keeps the whole blocks of the prompt in the prefix cache when the answer is finished.
	Pin Pin
	// Group, when not 0, is common to requests of one Prompt, of which the ones that run
	// together compute it once. Requests of other prompts share nothing, whatever they say.
	Group uint64

	// Drafts is how many tokens are drafted per step at most, in place of draft_length, which it cannot
	// exceed. 0 is draft_length, NoDrafts is none.
	Drafts int

	// Priority orders the queue: requests of lower values leave it first. Those of equal
	// value leave it as queue_order says.
	Priority int
	// Waited is how long ago the request arrived: max_ttft counts from then.
	Waited time.Duration
	// Tenant says whose the request is, and Weight what share that tenant has where tenants share
	// fairly: in proportion to the weights of those who wait, 0 to MaxWeight; 0 is 1.
	Tenant string
	Weight int
}

// NoDrafts is the value of Request.Drafts with which nothing is drafted.
const NoDrafts = -1

// MaxWeight is the largest weight of a tenant.
const MaxWeight = 1000

// FinishReason says why a stream ended.
type FinishReason string

// Finish reasons, OpenAI's words where there is one.
const (
	FinishStop   FinishReason = "stop"   // end-of-text or stop token, or Stream.Stop
	FinishLength FinishReason = "length" // MaxTokens or the context
	FinishAbort  FinishReason = "abort"
)

// Event is one engine step's worth of one request's answer.
type Event struct {
	Tokens   []int32
	Logprobs []TokenLogprobs // one per token, nil unless asked for
	Prompt   []TokenLogprobs // in the first event where asked for: one per prompt token but the first, which follows nothing
	Finish   FinishReason    // empty while the stream goes on
	Pinned   int             // with the finish: prompt tokens that are pinned now, where it was asked
	Cached   int             // prompt tokens that came from the prefix cache
	Drafted  int             // tokens that were drafted in the step
	Stood    int             // of these, those that are among Tokens because they were accepted
	Started  time.Time       // when the request left the queue for the first time
	At       time.Time
}
