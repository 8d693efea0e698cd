//go:build unix && !linux

package target

import "syscall"

// becomeReaper: only Linux hands orphans on to others than init. What leaves the command's group is not found here.
func becomeReaper() {}

func guardedAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// signal reaches the command's group.
func (g *guarded) signal(s syscall.Signal) { _ = syscall.Kill(-g.pid, s) }

// groupLeft says whether anyone is in the group: orphans are not this process's children.
func (g *guarded) groupLeft() bool { return syscall.Kill(-g.pid, 0) == nil }

// leftovers: which process has what of shared memory is only told by Linux.
type leftovers struct{}

func watchShared() *leftovers  { return nil }
func (*leftovers) remove()     {}
func (g *guarded) noteShared() {}
