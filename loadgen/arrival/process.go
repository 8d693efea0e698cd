package arrival

import (
	"context"
	"fmt"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Process is an arrival process of a fixed number of requests.
type Process interface {
	fmt.Stringer

	// Requests is how many requests there will be.
	Requests() int

	// Start returns a fresh Run, which ends early when ctx is done.
	Start(ctx context.Context) Run
}

// Run is one pass through a Process. Its Pace sleeps itself, to the absolute time
// of the next hit, and so always returns a wait of 0; it ends the attack after the
// last request or when the context is done. Its zero is the beginning of vegeta's
// attack as the first Pace learns it; no other method may be called before that.
type Run interface {
	vegeta.Pacer

	// Now is the time in nanoseconds after the schedule's zero.
	Now() int64

	// Zero is the wall time (with monotonic reading) of the schedule's zero.
	Zero() time.Time

	// Intended is when the request numbered seq was due, in nanoseconds after zero.
	Intended(seq uint64) int64

	// Done says that a request ended at the given nanoseconds after zero.
	// It may be called concurrently and never blocks.
	Done(at int64)
}

// clock is the schedule's zero, set once.
type clock struct{ zero time.Time }

// start sets zero at the first Pace.
func (c *clock) start(elapsed time.Duration) {
	if c.zero.IsZero() {
		c.zero = time.Now().Add(-elapsed)
	}
}

func (c *clock) Now() int64      { return int64(time.Since(c.zero)) }
func (c *clock) Zero() time.Time { return c.zero }
