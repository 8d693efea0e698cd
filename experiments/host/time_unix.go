//go:build unix

package host

import (
	"time"

	"golang.org/x/sys/unix"
)

// processTime is the user and system time of this process.
func processTime() (time.Duration, error) {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return 0, err
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()), nil
}
