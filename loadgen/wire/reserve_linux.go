package wire

import "golang.org/x/sys/unix"

// mostReserved bounds how many descriptors room is made for: half a megabyte of the kernel's.
const mostReserved = 1 << 16

// Reserve makes room for so many connections at once, so that none has to wait for it: whenever the number of a process's descriptors
// doubles, the kernel makes it a larger table, and whoever opens one meanwhile waits 10 to 16 ms for all processors (synchronize_rcu).
// Where that cannot be done, connections are made all the same.
func (t *Transport) Reserve(connections int) {
	var limit unix.Rlimit
	if t.poller == nil || unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil || limit.Cur == 0 {
		return
	}
	const others = 64 // descriptors of the process; a connection has two while it is handed to the poller
	highest := min(uint64(min(connections, mostReserved))+others, limit.Cur-1)
	if fd, err := unix.FcntlInt(uintptr(t.poller.epoll), unix.F_DUPFD_CLOEXEC, int(highest)); err == nil {
		_ = unix.Close(fd)
	}
}
