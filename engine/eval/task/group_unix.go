//go:build unix

package task

import (
	"os/exec"
	"syscall"
)

// leadGroup makes the command lead a process group, which is killed as a whole when
// its time is over: a shell's children would live on otherwise.
func leadGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// killRest ends what the command left behind when it exited. No such group is no error.
func killRest(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
