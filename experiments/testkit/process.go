package testkit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience bounds every wait of a test. It is far beyond what a loaded machine
// needs: reaching it is a hang.
const patience = 2 * time.Minute

// Result is how a command ended.
type Result struct {
	Code           int // -1 where a signal ended it
	Stdout, Stderr string
}

// Process is a running assay.
type Process struct {
	PID int

	t              testing.TB
	mark           string
	args           []string
	cmd            *exec.Cmd
	stdout, stderr buffer
	done           chan struct{}
}

// marks number the processes started here. A process hands its mark on to those that
// it starts, which are found by it when their parent is gone.
var marks atomic.Int64

const markVariable = "ASSAY_TEST_MARK"

// Start starts assay in dir. What is left of it at the end of the test is killed.
func Start(t testing.TB, dir string, args ...string) *Process {
	t.Helper()
	return StartWith(t, dir, nil, args...)
}

// StartWith is Start with the command prefix in front, such as a shell that sets a
// limit and then replaces itself by its arguments.
func StartWith(t testing.TB, dir string, prefix []string, args ...string) *Process {
	t.Helper()
	line := append(append(append([]string{}, prefix...), Assay(t)), args...)
	p := &Process{t: t, args: args, mark: fmt.Sprintf("%d.%d", os.Getpid(), marks.Add(1)), done: make(chan struct{})}
	p.cmd = exec.Command(line[0], line[1:]...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, &p.stdout, &p.stderr
	p.cmd.Env = append(os.Environ(), markVariable+"="+p.mark)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.PID = p.cmd.Process.Pid
	go func() {
		_ = p.cmd.Wait() // the exit code says it
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Kill()
		for _, c := range p.Descendants() {
			c.Kill()
		}
	})
	return p
}

// Run runs assay in dir to its end.
func Run(t testing.TB, dir string, args ...string) Result {
	t.Helper()
	return Start(t, dir, args...).Wait()
}

// Wait waits for the process's end.
func (p *Process) Wait() Result {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.Kill()
		p.t.Fatalf("assay %s did not end\n%s", strings.Join(p.args, " "), p.stderr.String())
	}
	return Result{Code: p.cmd.ProcessState.ExitCode(), Stdout: p.stdout.String(), Stderr: p.stderr.String()}
}

// Signal sends a signal to the process alone.
func (p *Process) Signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// Kill ends the process at once, if it has not ended, and waits for that.
func (p *Process) Kill() {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
	<-p.done
}

// Ended says whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Stdout is what it has printed so far.
func (p *Process) Stdout() string { return p.stdout.String() }

// Stderr is what it has reported so far.
func (p *Process) Stderr() string { return p.stderr.String() }

// Eventually waits until ok, and fails the test when that does not come.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// buffer is a bytes.Buffer that is read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
