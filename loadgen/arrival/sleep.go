package arrival

import (
	"context"
	"time"
)

// lastStretch is what is left to the exact sleep: more than an idle Go timer may
// be late (about a millisecond).
const lastStretch = 3 * time.Millisecond

// SleepUntil sleeps to the absolute time due and reports whether it got there:
// false means that the context was done. It returns within lastStretch of that.
// A due time that has passed returns at once.
func SleepUntil(ctx context.Context, due time.Time) bool {
	if ctx.Err() != nil {
		return false
	}
	if wait := time.Until(due) - lastStretch; wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	sleepExactly(due)
	return ctx.Err() == nil
}
