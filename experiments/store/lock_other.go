//go:build !unix && !windows

package store

import (
	"errors"
	"os"
)

// tryLock refuses: two labs in one directory would spoil each other's trials.
func tryLock(*os.File) (held bool, err error) {
	return false, errors.ErrUnsupported
}
