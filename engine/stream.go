package engine

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"github.com/assaylab/assay/engine/sample"
	"github.com/assaylab/assay/engine/sched"
	"github.com/assaylab/assay/engine/spec"
)

// streamBuffer is how many events a consumer may lag behind before it is cut off.
const streamBuffer = 512

// Stream is the answer to one request. Next is for one goroutine, Close for any.
type Stream struct {
	engine    *Engine
	id        uint64
	req       Request
	events    chan Event
	err       error        // set before events is closed; nil after a finished answer
	cut       atomic.Value // FinishReason: why the client ended it; unset while it goes on
	stopWatch func() bool
	arrived   time.Duration // since Engine.born
	bound     time.Duration // from then to the first token, most of the time; only with max_ttft
	class     int           // of those whose predictions are off alike
	used      used

	// Of the loop alone.
	seq        sched.Sequence
	draft      spec.Request
	acceptance spec.Acceptance
	said       *sample.History // what penalties look at; nil without them
	prompt     []TokenLogprobs // of the prompt, as far as it is computed; taken by the first event
	started    time.Time       // when it left the queue; zero before
	answered   bool            // the first token is there
	fresh      bool            // starts, or starts over, in its next item
	first      int64           // the step that it started in
	blocks     []int32         // the table's ids, as model takes them
	last       Event           // with the finish reason, until it is sent
	tail       int32           // of model.Span; below 0 where it has none
}

func newStream(e *Engine, id uint64, r Request) *Stream {
	return &Stream{engine: e, id: id, req: r, arrived: time.Since(e.born), events: make(chan Event, min(streamBuffer, r.MaxTokens+1)), tail: -1}
}

// Next waits for the next event. After the one with a finish reason it returns
// io.EOF; a stream that was cut short returns why.
func (s *Stream) Next(ctx context.Context) (Event, error) {
	select {
	case ev, ok := <-s.events:
		return s.received(ev, ok)
	default:
	}
	select {
	case ev, ok := <-s.events:
		return s.received(ev, ok)
	case <-ctx.Done():
		return Event{}, ctx.Err()
	}
}

func (s *Stream) received(ev Event, ok bool) (Event, error) {
	if ok {
		return ev, nil
	}
	if s.err != nil {
		return Event{}, s.err
	}
	return Event{}, io.EOF
}

// Close aborts the request if it still runs. Its blocks are free before the next step.
func (s *Stream) Close() { s.end(FinishAbort) }

// Stop ends the request like Close, but as one whose answer is complete: the caller has
// found its end in the text, at a stop string say. It counts as FinishStop.
func (s *Stream) Stop() { s.end(FinishStop) }

// end cuts the stream for a reason; only the first one counts.
func (s *Stream) end(reason FinishReason) {
	if s.cut.CompareAndSwap(nil, reason) {
		s.engine.nudge()
	}
}

// tableBlocks is the sequence's block table; valid until the next step.
func (s *Stream) tableBlocks() []int32 {
	s.blocks = s.blocks[:0]
	for _, b := range s.seq.Table.Blocks() {
		s.blocks = append(s.blocks, int32(b))
	}
	return s.blocks
}
