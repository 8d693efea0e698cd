package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockFile is held locked while a lab works in the directory. Its content is the
// holder's process id, for the message only: the lock is the kernel's, and goes with
// the process however that dies.
const lockFile = "lock"

// LockedError says that another process works in the directory.
type LockedError struct {
	Dir string
	PID int // 0 where the holder has not written it yet
}

func (e *LockedError) Error() string {
	holder := "another process"
	if e.PID > 0 {
		holder = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("%s: %s is running in this directory: wait for it, stop it, or choose another directory", e.Dir, holder)
}

// acquire takes the lock of a run directory without waiting.
func acquire(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, Disk(path, fmt.Errorf("open the lock: %w", err))
	}
	held, err := tryLock(f)
	switch {
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	case held:
		text, _ := io.ReadAll(io.LimitReader(f, 32)) // the holder's id only adorns the message
		pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		f.Close()
		return nil, &LockedError{Dir: dir, PID: pid}
	}
	if err := sign(f); err != nil {
		return nil, Disk(path, fmt.Errorf("write the lock: %w", errors.Join(err, f.Close())))
	}
	return f, nil
}

// sign leaves this process's id for whoever finds the lock held.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}
