//go:build !linux

package stream

import (
	"errors"
	"net"
)

const canLeave = false

func setLowWater(net.Conn, int) error { return errors.ErrUnsupported }
