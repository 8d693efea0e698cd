package engine

import (
	"fmt"
	"math"
	"time"
)

// MaxHandicap bounds Options.Handicap.
const MaxHandicap = 10

func (o *Options) checkHandicap() error {
	if !(o.Handicap >= 0) || o.Handicap > MaxHandicap || math.IsNaN(o.Handicap) {
		return fmt.Errorf("engine: handicap is %v, want 0 to %d", o.Handicap, MaxHandicap)
	}
	return nil
}

// handicap waits, without giving up the processor, until as long as share says has gone by again since start. A sleep would
// be late by more than a short step takes.
func handicap(start time.Time, share float64) {
	if share == 0 {
		return
	}
	until := time.Duration(float64(time.Since(start)) * (1 + share))
	for time.Since(start) < until {
	}
}
