package scripted

import "time"

// machineClock reads the machine's monotonic clock: unlike a time.Time's, its numbers
// mean the same in all processes.
type machineClock struct {
	base time.Time
	at   int64 // of base
}

func newMachineClock() machineClock {
	before := time.Now()
	at := monotonic()
	return machineClock{base: before.Add(time.Since(before) / 2), at: at}
}

func (c machineClock) now() int64 { return c.at + int64(time.Since(c.base)) }

// time is the moment that the clock shows as at.
func (c machineClock) time(at int64) time.Time { return c.base.Add(time.Duration(at - c.at)) }

// MachineTime is a moment of this process on the clock of Beats, in nanoseconds.
func MachineTime(t time.Time) int64 {
	c := newMachineClock()
	return c.at + int64(t.Sub(c.base))
}
