package wire

import (
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
	data    []byte
	header  unix.Msghdr
	vector  unix.Iovec
	control [64]byte // one message that holds one timespec
}

func newReceiver() *receiver {
	r := &receiver{data: make([]byte, readSize)}
	r.vector.Base = &r.data[0]
	r.vector.SetLen(len(r.data))
	r.header.Iov = &r.vector
	r.header.SetIovlen(1)
	r.header.Control = &r.control[0]
	return r
}

// receive reads what is there into r.data, and says when the last byte of it came by the wall clock, where the kernel knows.
// It does not wait, so that the runtime need not know of the call.
func (r *receiver) receive(fd int) (n int, came time.Time, err error) {
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
func (r *receiver) came() time.Time {
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
