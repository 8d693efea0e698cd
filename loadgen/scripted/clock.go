package scripted

import (
	"math"
	"time"
)

// machineClock reads the machine's monotonic clock: unlike a time.Time's, its numbers
// mean the same in all processes.
type machineClock struct {
	base time.Time
	at   int64 // of base
}

// newMachineClock reads both clocks a few times, and keeps the time in which the least can have come between.
func newMachineClock() (c machineClock) {
	least := time.Duration(math.MaxInt64)
	for range 16 {
		before := time.Now()
		at := monotonic()
		if took := time.Since(before); took < least {
			least, c = took, machineClock{base: before.Add(took / 2), at: at}
		}
	}
	return c
}

func (c machineClock) now() int64 { return c.at + int64(time.Since(c.base)) }

// time is the moment that the clock shows as at.
func (c machineClock) time(at int64) time.Time { return c.base.Add(time.Duration(at - c.at)) }

// MachineTime is a moment of this process on the clock of Beats, in nanoseconds.
func MachineTime(t time.Time) int64 {
	c := newMachineClock()
	return c.at + int64(t.Sub(c.base))
}
