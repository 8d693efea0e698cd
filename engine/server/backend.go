package server

import (
	"context"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/tokenizer"
)

// Backend is what the server needs of an engine.
type Backend interface {
	// Submit queues a request. It fails with engine.ErrOverloaded, ErrTooLong or
	// ErrClosed, and never waits for the request to run. A cancelled ctx aborts it.
	Submit(ctx context.Context, r engine.Request) (Stream, error)
	// Refuses is the error with which Submit would refuse any prompt of a tenant and priority
	// now, for requests that need not be prepared first. It counts r as refused where it is not nil.
	Refuses(r engine.Request) error
	// Stats is a consistent snapshot, cheap enough to take at every scrape.
	Stats() engine.Stats
}

// Stream is the answer to one request, read by one goroutine.
type Stream interface {
	// Next gives the next step's tokens, and io.EOF after the finishing event.
	Next(ctx context.Context) (engine.Event, error)
	// Used is what the request has taken of the engine; all of it after the finishing event.
	Used() engine.Use
	// Stop ends a request whose answer is complete though the engine does not know it.
	Stop()
	// Close aborts a request that has not finished: its blocks are free at once.
	Close()
}

// Tokenizer is the text side of the engine's model.
type Tokenizer interface {
	// Encode takes text as it is: text that spells a special token stays text.
	Encode(text string, addSpecial bool) []int32
	// EncodeWithSpecial turns text that spells a special token into that token.
	EncodeWithSpecial(text string, addSpecial bool) []int32
	// TokenBytes is what one token stands for, which need not be valid UTF-8.
	TokenBytes(id int32) []byte
	// BOS and EOS are the tokens at the beginning and the end of a text, -1 for none.
	BOS() int32
	EOS() int32
	// Size is the number of tokens: ids are 0 to Size()-1.
	Size() int
	// Decode is the text of all of ids.
	Decode(ids []int32) string
	// NewDecoder starts the text of ids that go on from others.
	NewDecoder() Decoder
}

// Decoder turns a text's tokens into UTF-8 as they come, holding back a sequence
// that is still incomplete.
type Decoder interface {
	Push(ids ...int32) string
	// Flush gives what was held back, and ends the text.
	Flush() string
}

// FromTokenizer adapts the engine's tokenizer.
func FromTokenizer(t *tokenizer.Tokenizer) Tokenizer { return adapted{t} }

type adapted struct{ *tokenizer.Tokenizer }

// NewDecoder starts a text.
func (a adapted) NewDecoder() Decoder { return a.Tokenizer.NewDecoder() }
