//go:build unix

package target

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// ownGroup starts a process in a group of its own: the terminal's Ctrl-C reaches the
// lab alone, which then stops the process in order.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// killGroupOf kills the group that a command leads, 0 for none.
func killGroupOf(pid int) {
	if pid > 0 {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}

// drain copies what is in the pipe now, without waiting for more.
func drain(pipe *os.File, w io.Writer) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return
	}
	buffer := make([]byte, 1<<16)
	_ = raw.Read(func(fd uintptr) bool {
		for {
			n, err := syscall.Read(int(fd), buffer)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			if err != nil || n <= 0 { // EAGAIN: it is empty
				return true
			}
			_, _ = w.Write(buffer[:n])
		}
	})
}
