package machine

import (
	"context"
	"time"
)

// Waits are how exactly this system keeps time.
type Waits struct {
	Resolution time.Duration `json:"timer_resolution_ns"` // the smallest step of the clock that was seen
	Wake       Figure        `json:"wake_up_ns"`          // from a send to the goroutine on another, sleeping thread
	Oversleep  Figure        `json:"oversleep_ns"`        // of a sleep of one millisecond
}

const (
	clockReads = 20000
	wakes      = 150
	sleeps     = 40
	// rest is longer than the scheduler looks for work before it lets a thread sleep.
	rest = 500 * time.Microsecond
)

// MeasureWaits takes about a sixth of a second.
func MeasureWaits(ctx context.Context) Waits {
	return Waits{Resolution: resolution(), Wake: FigureOf(wakeUps(ctx)), Oversleep: FigureOf(oversleeps(ctx))}
}

func resolution() time.Duration {
	least, last := time.Hour, time.Now()
	for range clockReads {
		now := time.Now()
		if d := now.Sub(last); d > 0 {
			least = min(least, d)
		}
		last = now
	}
	return least
}

func wakeUps(ctx context.Context) []float64 {
	sent, took := make(chan time.Time), make(chan time.Duration)
	go func() {
		for t := range sent {
			took <- time.Since(t)
		}
	}()
	defer close(sent)
	var all []float64
	for range wakes {
		if ctx.Err() != nil {
			break
		}
		time.Sleep(rest)
		sent <- time.Now()
		all = append(all, float64(<-took))
	}
	return all
}

func oversleeps(ctx context.Context) []float64 {
	var all []float64
	for range sleeps {
		if ctx.Err() != nil {
			break
		}
		began := time.Now()
		time.Sleep(time.Millisecond)
		all = append(all, float64(time.Since(began)-time.Millisecond))
	}
	return all
}
