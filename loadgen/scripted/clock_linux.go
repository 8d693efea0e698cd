package scripted

import (
	"time"

	"golang.org/x/sys/unix"
)

// monotonic is the time since some moment that is the same for all processes.
func monotonic() int64 {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return time.Now().UnixNano()
	}
	return now.Nano()
}
