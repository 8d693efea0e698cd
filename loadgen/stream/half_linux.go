package stream

import (
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// CanLeave says whether the system has a low-water mark for what a socket receives.
const CanLeave = true

// setLowWater has a reader of conn wait until that many bytes are there, or the other side has ended.
func setLowWater(conn net.Conn, bytes int) error {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return fmt.Errorf("low-water mark of a %T: %w", conn, errors.ErrUnsupported)
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, bytes) })
	return errors.Join(err, set)
}
