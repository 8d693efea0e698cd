//go:build !linux

package host

import (
	"errors"
	"fmt"
	"runtime"
)

var errPin = fmt.Errorf("pinning threads to CPUs on %s: %w", runtime.GOOS, errors.ErrUnsupported)

// Allowed is not supported here.
func Allowed() ([]int, error) { return nil, errPin }

// PinProcess is not supported here.
func PinProcess(...int) error { return errPin }

// PinPID is not supported here.
func PinPID(int, ...int) error { return errPin }

// PinThread is not supported here.
func PinThread(int) error { return errPin }

// OnCPUs calls f where it is: CPUs cannot be chosen here.
func OnCPUs(_ []int, f func() error) error { return f() }
