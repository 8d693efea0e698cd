package testkit

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// Child is a process that a Process started, perhaps through others.
type Child struct {
	PID  int
	Args []string // as started, the executable first
}

// NeedProc skips a test that looks for processes where the system has no /proc.
func NeedProc(t testing.TB) {
	t.Helper()
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("needs /proc to find processes")
	}
}

// Descendants are the living processes that inherited the process's mark, itself
// left out: its children, and what is left of them when it is gone.
func (p *Process) Descendants() []Child {
	mark := []byte(markVariable + "=" + p.mark)
	paths, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	var all []Child
	for _, dir := range paths {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == p.PID {
			continue
		}
		environ, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err != nil || !slices.ContainsFunc(bytes.Split(environ, []byte{0}), func(v []byte) bool { return bytes.Equal(v, mark) }) {
			continue // ended, or a stranger's; a zombie's is empty
		}
		line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil {
			continue
		}
		c := Child{PID: pid}
		for _, arg := range bytes.Split(bytes.TrimSuffix(line, []byte{0}), []byte{0}) {
			c.Args = append(c.Args, string(arg))
		}
		all = append(all, c)
	}
	return all
}

// Engines are the descendants that serve a model.
func (p *Process) Engines() []Child {
	return slices.DeleteFunc(p.Descendants(), func(c Child) bool { return len(c.Args) < 2 || c.Args[1] != "serve" })
}

// Kill kills the child.
func (c Child) Kill() {
	if p, err := os.FindProcess(c.PID); err == nil {
		_ = p.Kill() // it may have ended
	}
}
