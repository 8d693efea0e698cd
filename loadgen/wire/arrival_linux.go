package wire

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stampArrivals has the kernel note when what comes over a connection came. Where it does not, reads are stamped instead.
func stampArrivals(c syscall.RawConn) {
	_ = c.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) })
}

// receiver reads connections one after the other.
type receiver struct {
	data []byte
	call
}

func newReceiver() *receiver {
	r := &receiver{data: make([]byte, readSize)}
	r.into(r.data)
	return r
}

// call is what recvmsg is called with.
type call struct {
	header  unix.Msghdr
	vector  unix.Iovec
	control [64]byte // one message that holds one timespec
}

// into has the next reads go into p, which is not empty.
func (r *call) into(p []byte) {
	r.vector.Base = &p[0]
	r.vector.SetLen(len(p))
	r.header.Iov = &r.vector
	r.header.SetIovlen(1)
	r.header.Control = &r.control[0]
}

// receive reads what is there, and says when the last byte of it came by the wall clock, where the kernel knows.
// It does not wait, so that the runtime need not know of the call.
func (r *call) receive(fd int) (n int, came time.Time, err error) {
	for {
		r.header.SetControllen(len(r.control))
		got, _, code := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.header)), unix.MSG_DONTWAIT)
		switch code {
		case 0:
			return int(got), r.came(), nil
		case unix.EINTR:
			continue
		}
		return 0, time.Time{}, code
	}
}

// came is the kernel's stamp of the latest read; zero where it has none.
func (r *call) came() time.Time {
	var at unix.Timespec
	if int(r.header.Controllen) < unix.CmsgLen(int(unsafe.Sizeof(at))) {
		return time.Time{}
	}
	message := (*unix.Cmsghdr)(unsafe.Pointer(&r.control[0]))
	if message.Level != unix.SOL_SOCKET || message.Type != unix.SCM_TIMESTAMPNS {
		return time.Time{}
	}
	at = *(*unix.Timespec)(unsafe.Pointer(&r.control[unix.CmsgLen(0)]))
	return time.Unix(at.Unix())
}

var calls = sync.Pool{New: func() any { return new(call) }}

// Read reads the header of an answer, and a body that is not pushed.
func (c *conn) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	r := calls.Get().(*call)
	defer calls.Put(r)
	r.into(p)
	closed := c.raw.Read(func(fd uintptr) bool {
		var came time.Time
		n, came, err = r.receive(int(fd))
		c.lease.looked(came, n < len(p))
		return err != unix.EAGAIN
	})
	switch {
	case closed != nil:
		return 0, closed
	case err != nil:
		return 0, &net.OpError{Op: "read", Net: "tcp", Addr: c.RemoteAddr(), Err: os.NewSyscallError("read", err)}
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// looked is called after each look at the connection, with the time at which what it found came, zero where that is not known, and
// whether that was all. It came after the look before, whatever clock was set since.
func (l *lease) looked(came time.Time, all bool) {
	now := time.Now()
	l.came = now
	if !came.IsZero() {
		l.came = now.Add(-min(max(0, now.Sub(came)), now.Sub(l.look)))
	}
	if all {
		l.look = now
	}
}
