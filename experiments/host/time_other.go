//go:build !unix

package host

import (
	"errors"
	"time"
)

func processTime() (time.Duration, error) { return 0, errors.ErrUnsupported }
