package machine

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// race runs step on each of threads threads at once for d, after a warm-up, and
// returns the sum of what the steps returned, per second. Steps are short: d is held
// to one of them. A context that ends, ends the race.
func race(ctx context.Context, threads int, d time.Duration, step func(thread int) float64) float64 {
	rates := make([]float64, threads)
	var warm, done sync.WaitGroup
	warm.Add(threads)
	start := make(chan struct{})
	for t := range threads {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			run(ctx, d/8, t, step)
			warm.Done()
			<-start
			rates[t] = run(ctx, d, t, step)
		})
	}
	warm.Wait()
	close(start)
	done.Wait()
	sum := 0.0
	for _, r := range rates {
		sum += r
	}
	return sum
}

// run is one thread's part of a race.
func run(ctx context.Context, d time.Duration, thread int, step func(thread int) float64) float64 {
	sum, began := 0.0, time.Now()
	for {
		sum += step(thread)
		if took := time.Since(began); took >= d || ctx.Err() != nil {
			return sum / took.Seconds()
		}
	}
}
