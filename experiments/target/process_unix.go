//go:build unix

package target

import (
	"os"
	"syscall"
)

// ownGroup starts a process in a group of its own: the terminal's Ctrl-C reaches the
// lab alone, which then stops the process in order.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
