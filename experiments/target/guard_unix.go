//go:build unix

package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// killGap is how long to wait between two rounds of SIGKILL: what is being started during one is met by the next.
const killGap = 10 * time.Millisecond

// finallyTime bounds what a guard runs at the end.
const finallyTime = 15 * time.Second

// guarded is the command that this process guards.
type guarded struct {
	pid   int
	ended chan struct{} // closed when the command has ended
	none  chan struct{} // closed when no process is left of it

	shared *leftovers
}

// runGuard runs the command until it ends or is to end, ends all that it has started, and returns the guard's exit status.
// Standard input is the leash, output has the reports, and error is the command's output and error.
func runGuard(args []string) int {
	runtime.LockOSThread() // the command is told of this thread's death, not the process's
	o, err := readGuardArgs(args)
	if err != nil {
		fmt.Println(reportEnd, "could not be run: the guard's arguments:", err)
		return 2
	}
	toEnd := askedToEnd()
	becomeReaper()
	g := &guarded{ended: make(chan struct{}), none: make(chan struct{}), shared: watchShared()}
	if g.pid, err = launch(o.args); err != nil {
		fmt.Println(reportEnd, "could not be run:", err)
		return 1
	}
	fmt.Println(reportPID, g.pid)
	go g.reap()
	select {
	case <-g.ended:
	case <-toEnd:
	}
	g.clear(o.Grace)
	finally(o.Finally)
	return 0
}

// askedToEnd is closed when the lab lets go of the leash, by will or by death, or somebody sends SIGTERM. Other signals that a
// terminal sends to all are the lab's to answer. They are caught and not ignored, which the command would inherit.
func askedToEnd() <-chan struct{} {
	toEnd, term, other := make(chan struct{}, 1), make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	signal.Notify(other, syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	leash := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(leash)
	}()
	go func() {
		select {
		case <-leash:
		case <-term:
		}
		close(toEnd)
	}()
	return toEnd
}

// launch starts the command in a group of its own, with nothing to read.
func launch(args []string) (pid int, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	return syscall.ForkExec(args[0], args, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{null.Fd(), 2, 2}, Sys: guardedAttr()})
}

// reap waits for the command and for all that is handed on to this process, and reports the command's end.
func (g *guarded) reap() {
	defer close(g.none)
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil: // ECHILD: no child is left
			for g.groupLeft() {
				time.Sleep(killGap)
			}
			return
		case pid == g.pid:
			fmt.Println(reportEnd, ending(status))
			close(g.ended)
		}
	}
}

// ending is an exit status in words.
func ending(s syscall.WaitStatus) string {
	if s.Signaled() {
		return fmt.Sprintf("killed by %s", unix.SignalName(s.Signal()))
	}
	return fmt.Sprintf("exit status %d", s.ExitStatus())
}

// clear ends what is left: SIGTERM, a while, SIGKILL until there is none. What it leaves in shared memory is removed then.
func (g *guarded) clear(grace time.Duration) {
	defer g.shared.remove()
	if g.left(0) {
		g.noteShared()
		g.signal(syscall.SIGTERM)
	}
	if !g.left(grace) {
		return
	}
	g.noteShared()
	fmt.Fprintf(os.Stderr, "assay: not all has ended within %v of SIGTERM: the rest is killed\n", grace)
	for g.left(0) {
		g.signal(syscall.SIGKILL)
		g.left(killGap)
	}
}

// left says whether a process is left after at most d.
func (g *guarded) left(d time.Duration) bool {
	select {
	case <-g.none:
		return false
	case <-time.After(d):
		return true
	}
}

// finally runs the last command, if there is one.
func finally(args []string) {
	if len(args) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), finallyTime)
	defer cancel()
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	if err := c.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "assay: %s: %v\n", args[0], err)
	}
}
