package wire

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// dial connects to an address. Where that is an IP address without a zone, it does without the goroutine that net.Dialer starts for each
// connection, and looks at once whether it is there, as it is on this machine: the runtime looks when it has nothing else to do,
// which would make requests late where thousands stream.
func (t *Transport) dial(ctx context.Context, address string) (*net.TCPConn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil || to.Addr().Zone() != "" {
		return t.dialName(ctx, address)
	}
	made, err := dialIP(ctx, to)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: err}
	}
	return made, nil
}

func dialIP(ctx context.Context, to netip.AddrPort) (*net.TCPConn, error) {
	family, there := sockaddr(to)
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	file := os.NewFile(uintptr(fd), "connection")
	if err = unix.Connect(fd, there); err == nil || err == unix.EINPROGRESS || err == unix.EINTR {
		err = connected(ctx, file)
	}
	if err != nil {
		return nil, errors.Join(os.NewSyscallError("connect", err), file.Close())
	}
	made, err := net.FileConn(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if made.LocalAddr().String() == made.RemoteAddr().String() { // nobody listens there, and the kernel chose the same port for us
		return nil, errors.Join(os.NewSyscallError("connect", unix.ECONNREFUSED), made.Close())
	}
	return made.(*net.TCPConn), nil
}

func sockaddr(to netip.AddrPort) (family int, there unix.Sockaddr) {
	ip := to.Addr().Unmap()
	if ip.Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Addr: ip.As4(), Port: int(to.Port())}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Addr: ip.As16(), Port: int(to.Port())}
}

// connected waits until a connection is made.
func connected(ctx context.Context, file *os.File) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	if err := file.SetWriteDeadline(time.Now().Add(DialTimeout)); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = file.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	var failed error
	waited := raw.Write(func(fd uintptr) bool {
		over := false
		over, failed = settled(int(fd))
		return over
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(waited, failed)
}

// settled says whether the attempt to connect is over, and how it failed, if it did.
func settled(fd int) (over bool, err error) {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	if n, err := unix.Poll(poll, 0); err != nil || n == 0 {
		return false, nil
	}
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	return true, err
}
