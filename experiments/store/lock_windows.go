package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockAt is beyond the process id, so that another process can read that.
const lockAt = 1 << 20

// tryLock takes an exclusive lock; held is true where another process has it.
func tryLock(f *os.File) (held bool, err error) {
	at := &windows.Overlapped{Offset: lockAt}
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return true, nil
	}
	return false, err
}
