package server

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/assaylab/assay/engine"
)

var errUnfinished = errors.New("the stream ended without a finish reason")

// group is the engine's streams of one HTTP request, one per choice, merged into
// one sequence of arrivals. Each stream belongs to a goroutine of its own, which
// reads it and closes it.
type group struct {
	arrivals chan arrival
	cancels  []context.CancelFunc // by choice
	streams  []Stream             // by choice
	pumps    sync.WaitGroup
}

// arrival is one event, or the error that ended a stream before it finished.
type arrival struct {
	choice int
	event  engine.Event
	err    error
}

// submit queues all requests or none. A group must be closed.
func submit(ctx context.Context, b Backend, requests []engine.Request) (*group, error) {
	g := &group{arrivals: make(chan arrival)}
	for choice, r := range requests {
		own, cancel := context.WithCancel(ctx)
		g.cancels = append(g.cancels, cancel)
		stream, err := b.Submit(own, r)
		if err != nil {
			g.close()
			return nil, err
		}
		g.streams = append(g.streams, stream)
		g.pumps.Go(func() { g.pump(own, choice, stream) })
	}
	return g, nil
}

// pump forwards one stream until it ends, its choice is dropped, or the client goes.
func (g *group) pump(ctx context.Context, choice int, stream Stream) {
	defer stream.Close()
	for {
		event, err := stream.Next(ctx)
		if errors.Is(err, io.EOF) {
			err = errUnfinished // after a finishing event nothing more is read
		}
		select {
		case g.arrivals <- arrival{choice, event, err}:
		case <-ctx.Done():
			return
		}
		if err != nil || event.Finish != "" {
			return
		}
	}
}

// next waits for any stream's next event.
func (g *group) next(ctx context.Context) (arrival, error) {
	select {
	case a := <-g.arrivals:
		return a, nil
	case <-ctx.Done():
		return arrival{}, ctx.Err()
	}
}

// stop ends one choice whose answer is complete, whether or not the engine knows it.
func (g *group) stop(choice int) {
	g.streams[choice].Stop()
	g.cancels[choice]()
}

// close aborts what still runs, and returns when every stream has been closed.
func (g *group) close() {
	for _, cancel := range g.cancels {
		cancel()
	}
	g.pumps.Wait()
}
