package simulate

import "math"

// cold is how far behind a step an idle engine is. What it had in caches goes to others meanwhile, and its processor rests: the
// first step after 10 ms without work was measured to take a sixth longer, and the first tokens that are generated after
// that one twice as long, less so with each step. Of a load that leaves an engine idle between requests this is a
// good part of every latency.
type cold struct {
	idle  int64 // nanoseconds
	since int   // steps that began since then
}

const (
	coldUnit  = 2e5  // nanoseconds of idle time from when on it is felt: it grows with the logarithm of more
	coldDecay = 0.45 // what a step leaves of it
	mostCold  = 24   // steps after which nothing is left
)

// rested is so cold before the first step of all, and after so long without work.
func rested(idle int64) cold { return cold{idle: max(0, idle)} }

// next is that of the next step.
func (c cold) next() cold {
	c.since = min(c.since+1, mostCold)
	return c
}

// on has a shape be that of a step so cold.
func (c cold) on(s *Shape) {
	s.Rested, s.Cold = 0, 0
	switch level := math.Log1p(float64(c.idle) / coldUnit); {
	case c.since == 0:
		s.Rested = level
	case c.since < mostCold:
		s.Cold = level * math.Pow(coldDecay, float64(c.since-1))
	}
}
