package wire

import (
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// detach takes the connection away from the runtime. It is of no use until attach.
func (c *conn) detach() (fd int, err error) {
	closed := c.raw.Control(func(there uintptr) { fd, err = unix.FcntlInt(there, unix.F_DUPFD_CLOEXEC, 0) })
	if err := errors.Join(closed, err, c.Close()); err != nil {
		return 0, fmt.Errorf("take over the connection: %w", err)
	}
	return fd, nil
}

// attach gives it back, and closes the descriptor.
func (c *conn) attach(fd int) error {
	file := os.NewFile(uintptr(fd), "connection")
	made, err := net.FileConn(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	again, err := newConn(made.(*net.TCPConn), c.address)
	if err == nil {
		c.TCPConn, c.raw = again.TCPConn, again.raw
	}
	return err
}

func closeFD(fd int) { _ = unix.Close(fd) }

// alive says whether a connection that was idle can be used: the server has not closed
// it, and has not said anything unasked.
func (c *conn) alive() bool {
	var err error
	closed := c.raw.Control(func(fd uintptr) {
		_, _, err = unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
	})
	return closed == nil && errors.Is(err, unix.EAGAIN)
}
