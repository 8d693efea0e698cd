// Package each does several things at a time whose order in time changes nothing. It knows nothing of what they are.
package each

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Workers is how many of n things are done at a time: one on each processor.
func Workers(n int) int { return max(1, min(n, runtime.GOMAXPROCS(0))) }

// Index calls f with every number below n, Workers(n) at a time. After an error no further ones are begun; the error
// returned is that of the lowest number that has one, whatever came first.
func Index(n int, f func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var failed atomic.Bool
	var workers sync.WaitGroup
	for range Workers(n) {
		workers.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if errs[i] = f(i); errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
