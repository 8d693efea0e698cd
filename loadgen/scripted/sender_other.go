//go:build !linux

package scripted

import "syscall"

// sender writes to a connection.
type sender struct{ raw syscall.RawConn }

func senderOf(c syscall.Conn) (s sender, err error) {
	s.raw, err = c.SyscallConn()
	return s, err
}

// send gives the socket what it takes at once.
func (s sender) send(p []byte) (n int, err error) {
	closed := s.raw.Write(func(fd uintptr) bool {
		n, err = syscall.Write(int(fd), p)
		return true
	})
	switch {
	case closed != nil:
		return 0, closed
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return 0, nil
	}
	return max(n, 0), err
}

func (s sender) close() {}
