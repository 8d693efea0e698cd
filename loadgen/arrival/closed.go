package arrival

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Closed is a closed-loop process: Concurrency requests are in flight until all
// have been sent, and the next is due when one has ended and the slot has thought. Its latencies answer
// "what does this concurrency yield", not "what do users feel at this rate".
type Closed struct {
	concurrency, requests int
	think                 time.Duration
}

var _ Process = Closed{}

// NewClosed is a closed loop of n requests, concurrency at a time, each slot pausing for think between an answer's end
// and its next request.
func NewClosed(concurrency, n int, think time.Duration) (Closed, error) {
	switch {
	case concurrency < 1:
		return Closed{}, fmt.Errorf("closed loop: concurrency is %d, expected at least 1", concurrency)
	case n < 1:
		return Closed{}, fmt.Errorf("closed loop: number of requests is %d, expected at least 1", n)
	case think < 0:
		return Closed{}, fmt.Errorf("closed loop: time to think is %v, expected 0 or more", think)
	}
	return Closed{concurrency, n, think}, nil
}

// String is for example "closed loop of 8, 200 requests".
func (c Closed) String() string {
	if c.think > 0 {
		return fmt.Sprintf("closed loop of %d, thinking %v, %d requests", c.concurrency, c.think, c.requests)
	}
	return fmt.Sprintf("closed loop of %d, %d requests", c.concurrency, c.requests)
}

// Requests implements Process.
func (c Closed) Requests() int { return c.requests }

// Concurrency is the number of slots.
func (c Closed) Concurrency() int { return c.concurrency }

// Start implements Process.
func (c Closed) Start(ctx context.Context) Run {
	r := &closedRun{
		ctx: ctx, process: c,
		intended: make([]atomic.Int64, c.requests),
		free:     make(chan int64, c.concurrency+c.requests), // room for every Done
	}
	for range c.concurrency {
		r.free <- 0
	}
	return r
}

type closedRun struct {
	clock
	ctx      context.Context
	process  Closed
	intended []atomic.Int64 // by hit; read by workers
	free     chan int64     // when each free slot became free
}

func (r *closedRun) Pace(elapsed time.Duration, hits uint64) (time.Duration, bool) {
	r.start(elapsed)
	if hits >= uint64(len(r.intended)) || r.ctx.Err() != nil {
		return 0, true
	}
	select {
	case at := <-r.free:
		r.intended[hits].Store(at)
		return 0, !SleepUntil(r.ctx, r.zero.Add(time.Duration(at)))
	case <-r.ctx.Done():
		return 0, true
	}
}

// Rate implements vegeta.Pacer. A closed loop has no rate of its own.
func (r *closedRun) Rate(time.Duration) float64 { return 0 }

func (r *closedRun) String() string { return r.process.String() }

func (r *closedRun) Intended(seq uint64) int64 { return r.intended[seq].Load() }

func (r *closedRun) Done(at int64) { r.free <- at + int64(r.process.think) }
