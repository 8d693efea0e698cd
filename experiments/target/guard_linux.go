package target

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// becomeReaper makes this process the parent of all orphans among its descendants, also of those in sessions of their own, so
// that none of them can hide.
func becomeReaper() {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "assay: processes that leave their group may be left behind:", err)
	}
}

// guardedAttr has the command killed where its guard is.
func guardedAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// signal reaches all descendants. What ends meanwhile has been meant too.
func (g *guarded) signal(s syscall.Signal) {
	for _, pid := range descendants(os.Getpid()) {
		_ = syscall.Kill(pid, s)
	}
}

// noteShared looks at the shared memory of all descendants.
func (g *guarded) noteShared() { g.shared.note(descendants(os.Getpid())) }

// groupLeft: where there is no child there is no descendant, since orphans become children.
func (g *guarded) groupLeft() bool { return false }
