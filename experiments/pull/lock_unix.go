//go:build unix

package pull

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock holds f until it is closed; it fails at once where another process has it.
func lock(f *os.File) error {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}
