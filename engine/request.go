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
	MaxTokens int     // generated tokens at most; the context bounds it too
	IgnoreEOS bool
	Sampling  sample.Params
	Logprobs  int // alternatives to report per generated token; 0 for none, -1 for the chosen token's only
}

// FinishReason says why a stream ended.
type FinishReason string

// Finish reasons, OpenAI's words where there is one.
const (
	FinishStop   FinishReason = "stop"   // end-of-text token
	FinishLength FinishReason = "length" // MaxTokens or the context
	FinishAbort  FinishReason = "abort"
)

// Event is one engine step's worth of one request's answer.
type Event struct {
	Tokens   []int32
	Logprobs []TokenLogprobs // one per token, nil unless asked for
	Finish   FinishReason    // empty while the stream goes on
	Cached   int             // prompt tokens that came from the prefix cache
	At       time.Time
}

// TokenLogprobs are the log-probabilities (nats, of the unmodified distribution) at one position.
type TokenLogprobs struct {
	Token   int32
	Logprob float32
	Top     []TokenLogprob // most likely first
}

// TokenLogprob is one alternative.
type TokenLogprob struct {
	Token   int32
	Logprob float32
}
