package host

import "time"

// clocks is one reading of the wall clock, between two of the monotonic one.
type clocks struct {
	wall          time.Time
	before, after time.Time
}

func readClocks() clocks {
	c := clocks{before: time.Now()}
	c.wall = time.Now().Round(0) // without its monotonic reading
	c.after = time.Now()
	return c
}

const (
	// stepAtLeast is how far the wall clock has to jump to count.
	stepAtLeast = time.Millisecond
	// slewAtMost is how fast it may be corrected without being said to jump: chrony goes up to a twelfth.
	slewAtMost = 0.1
	// readWithin is how long a reading may take: in a longer one the process was interrupted, and what would look like a step
	// is the interruption.
	readWithin = 100 * time.Microsecond
)

// steps counts jumps of the wall clock against the monotonic one. Latencies are taken from the latter and do not jump, but
// what moves the clock (a suspended or migrated machine, an administrator) seldom moves it alone.
type steps struct {
	last    clocks
	known   bool
	n       int
	largest time.Duration
}

func (s *steps) add(c clocks) {
	if c.after.Sub(c.before) > readWithin {
		return
	}
	if s.known {
		elapsed := c.before.Sub(s.last.before)
		jump := c.wall.Sub(s.last.wall) - elapsed
		if jump.Abs() > stepAtLeast+time.Duration(slewAtMost*float64(elapsed)) {
			s.n++
			if jump.Abs() > s.largest.Abs() {
				s.largest = jump
			}
		}
	}
	s.last, s.known = c, true
}
