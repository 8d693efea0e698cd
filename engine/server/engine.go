package server

import (
	"context"

	"github.com/assaylab/assay/engine"
)

// FromEngine makes an engine a Backend.
func FromEngine(e *engine.Engine) Backend { return running{e} }

type running struct{ *engine.Engine }

// Submit gives the engine's stream as a Stream.
func (r running) Submit(ctx context.Context, asked engine.Request) (Stream, error) {
	stream, err := r.Engine.Submit(ctx, asked)
	if err != nil {
		return nil, err // a nil *engine.Stream in a Stream would not be nil
	}
	return stream, nil
}
