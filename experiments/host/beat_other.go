//go:build !linux

package host

import "time"

// beat calls at every multiple of TickEvery until stop is closed.
func beat(stop <-chan struct{}, at func(due, now time.Time)) {
	for due := time.Now().Add(TickEvery); ; {
		select {
		case <-stop:
			return
		case <-time.After(time.Until(due)):
			due = missed(due, time.Now(), at)
		}
	}
}
