//go:build unix

package metrics

import (
	"syscall"
	"time"
)

// CPUTime is the processor time that this process has had so far, of its own code and of the system's for it.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
