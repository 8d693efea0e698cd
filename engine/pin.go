package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/assaylab/assay/engine/kvcache"
)

// ErrNoPin is returned by Submit for a prompt that cannot be pinned: nothing is found again, or
// there would be too little room left for what is not pinned.
var ErrNoPin = errors.New("engine: the prompt cannot be pinned")

// Pin says for whom a request's prompt is kept in the prefix cache for good.
type Pin uint8

// Values of Pin.
const (
	PinNone Pin = iota
	PinOwn      // for requests of the same salt
	PinAll      // for everybody: who finds it learns that it is pinned, so it must be no secret
)

// Pin computes a prompt and pins its whole blocks for everybody. It returns how many of its
// tokens that are. Errors are those of Submit, and ctx's.
func (e *Engine) Pin(ctx context.Context, prompt []int32) (int, error) {
	s, err := e.Submit(ctx, Request{ID: "pin", Prompt: prompt, MaxTokens: 1, Pin: PinAll})
	if err != nil {
		return 0, err
	}
	for pinned := 0; ; {
		switch ev, err := s.Next(ctx); {
		case err == io.EOF:
			return pinned, nil
		case err != nil:
			return 0, err
		default:
			pinned = ev.Pinned
		}
	}
}

// pinRoom is how many blocks may be pinned: the longest sequence still fits beside them, which
// also means that a sequence can always run alone.
func (o *Options) pinRoom() int {
	return o.KVTokens/o.BlockSize - (o.Context+o.BlockSize-1)/o.BlockSize
}

// checkPin is what is known before the prompt is computed.
func (e *Engine) checkPin(r *Request) error {
	blocks, pinned := len(r.Prompt)/e.opts.BlockSize, e.Stats().Blocks.Pinned
	switch room := e.opts.pinRoom(); {
	case r.Pin == PinNone:
		return nil
	case e.opts.PrefixCache == kvcache.IndexNone:
		return fmt.Errorf("%w: prefix_cache is %q", ErrNoPin, e.opts.PrefixCache)
	case blocks == 0:
		return fmt.Errorf("%w: it has %d tokens, less than a block of %d", ErrNoPin, len(r.Prompt), e.opts.BlockSize)
	case pinned+blocks > room:
		return fmt.Errorf("%w: it takes %d blocks, and %d are pinned of %d that may be, since a sequence of context %d must fit beside them: raise kv_tokens or lower context",
			ErrNoPin, blocks, pinned, room, e.opts.Context)
	}
	return nil
}

// pin keeps the prompt of a request that has finished, and returns how many tokens of it.
func (l *loop) pin(r *Request) int {
	blocks := len(r.Prompt) / l.e.opts.BlockSize
	if r.Pin == PinNone || l.pool.Pinned()+blocks > l.e.opts.pinRoom() { // others were faster
		return 0
	}
	return l.pool.Pin(r.Prompt, r.Salt, r.Pin == PinAll)
}
