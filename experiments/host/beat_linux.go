package host

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// beat calls at every multiple of TickEvery until stop is closed, from a thread of its own that sleeps in the kernel: an idle
// Go timer is up to a millisecond late, and waking one costs several times as much as this.
func beat(stop <-chan struct{}, at func(due, now time.Time)) {
	runtime.LockOSThread() // and never back: the thread ends with the goroutine, and its slack with it
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	for due := time.Now().Add(TickEvery); ; {
		until := unix.NsecToTimespec(int64(time.Until(due)))
		if until.Nano() > 0 && unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &until, nil) == unix.EINTR {
			continue
		}
		select {
		case <-stop:
			return
		default:
		}
		due = missed(due, time.Now(), at)
	}
}
