package store

import (
	"errors"
	"fmt"
	"slices"
)

// ErrDisk is what errors about a full, read-only or failing disk match with
// errors.Is. They are of the environment: the input is fine, and the run resumes
// when there is room again.
var ErrDisk = errors.New("disk")

// DiskError is a write that the disk refused.
type DiskError struct {
	Path string
	Err  error
}

// Error says what to do.
func (e *DiskError) Error() string {
	return fmt.Sprintf("the disk does not take %s: %v; make room or choose another directory, then resume: finished trials are safe", e.Path, e.Err)
}

// Unwrap returns the system's error.
func (e *DiskError) Unwrap() error { return e.Err }

// Is matches ErrDisk.
func (e *DiskError) Is(target error) bool { return target == ErrDisk }

// Disk wraps an error of a write to path in a DiskError where the disk is the cause,
// and returns any other error, nil included, as it is. Writers of files in a trial's
// directory pass their errors through it.
func Disk(path string, err error) error {
	var already *DiskError
	if err == nil || errors.As(err, &already) {
		return err
	}
	if slices.ContainsFunc(diskErrors, func(cause error) bool { return errors.Is(err, cause) }) {
		return &DiskError{Path: path, Err: err}
	}
	return err
}

// Environment says whether an error is of the environment, not of the input: the
// disk, or another lab in the directory.
func Environment(err error) bool {
	var locked *LockedError
	return errors.Is(err, ErrDisk) || errors.As(err, &locked)
}
