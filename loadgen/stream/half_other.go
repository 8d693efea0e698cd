//go:build !linux

package stream

import (
	"errors"
	"net"
)

// CanLeave says whether the system has a low-water mark for what a socket receives.
const CanLeave = false

func setLowWater(net.Conn, int) error { return errors.ErrUnsupported }
