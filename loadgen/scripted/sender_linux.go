package scripted

import (
	"errors"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sender writes to a connection past the runtime, which counts who uses a descriptor and whether it can be written to: a tenth of
// what a short write costs. It has a descriptor of its own.
type sender struct{ fd int }

// senderOf makes the sender of a TCP connection, which has to be closed. The connection has the plainest congestion control there
// is from then on: what others, such as BBR, learn of a path from every acknowledgement costs the processor of whoever acknowledges.
func senderOf(c syscall.Conn) (s sender, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return s, err
	}
	closed := raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, "reno") // every kernel has it; without, it is slower
		s.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	return s, errors.Join(closed, err)
}

// send gives the socket what it takes of p, which is not empty, at once: it does not wait, so that the runtime need not know.
func (s sender) send(p []byte) (int, error) {
	n, _, code := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	switch code {
	case 0:
		return int(n), nil
	case unix.EAGAIN, unix.EINTR:
		return 0, nil
	}
	return 0, code
}

func (s sender) close() { _ = unix.Close(s.fd) }
