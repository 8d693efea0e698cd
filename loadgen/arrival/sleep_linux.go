package arrival

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// sleepExactly sleeps to due in the kernel, on the monotonic clock. An idle Go timer
// is up to a millisecond late, and a thread's timer slack adds 50 microseconds:
// BenchmarkPaceLateness on a two-core virtual machine gave medians of 590 us with
// time.Sleep, 103 us with clock_nanosleep, and 55 us with the slack lowered too.
func sleepExactly(due time.Time) {
	wait := time.Until(due)
	if wait <= 0 {
		return
	}
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		time.Sleep(wait)
		return
	}
	until := unix.NsecToTimespec(now.Nano() + int64(wait))
	// The slack belongs to the thread, so stay on it until it is put back. A kernel
	// that refuses leaves the default: less exact, not wrong.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) == nil {
		defer func() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) }()
	}
	for {
		err := unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &until, nil)
		if err == nil {
			return
		}
		if err != unix.EINTR {
			time.Sleep(time.Until(due))
			return
		}
	}
}
