package target

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/assaylab/assay/experiments/host"
)

// Announcement starts the line on which `assay serve` prints the address it got.
const Announcement = "listening on "

// stopGrace is how long a process may take to end after its standard input closed.
const stopGrace = 5 * time.Second

// Engine is the included engine in a process of its own. The process ends when its
// standard input closes, so that no death of the lab leaves one behind.
type Engine struct {
	Executable string   // the assay binary
	Args       []string // after "serve"
	CPUs       []int    // processors that the process may run on; nil for those of the caller
	Client     *http.Client

	cmd    *exec.Cmd
	stdin  io.Closer
	stderr *tail
	url    chan string // the announced address
	base   string
	died   chan struct{}
	once   sync.Once
	exit   error         // set before died is closed
	grace  time.Duration // 0 for stopGrace
}

var _ Target = (*Engine)(nil)

// Check looks for the executable.
func (e *Engine) Check(context.Context) error {
	if _, err := exec.LookPath(e.Executable); err != nil {
		return fmt.Errorf("start the engine: %w", err)
	}
	return nil
}

// Start runs the process.
func (e *Engine) Start(_ context.Context, log io.Writer) error {
	e.url, e.died = make(chan string, 1), make(chan struct{})
	e.stderr = &tail{next: log}
	e.cmd = exec.Command(e.Executable, append([]string{"serve"}, e.Args...)...)
	e.cmd.Stderr = e.stderr
	e.cmd.SysProcAttr = ownGroup()
	stdin, err := e.cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := e.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := host.OnCPUs(e.CPUs, e.cmd.Start); err != nil {
		return fmt.Errorf("start the engine: %w", err)
	}
	e.stdin = stdin
	go e.watch(stdout, log)
	return nil
}

// watch reads the process's output until it ends, then reaps it.
func (e *Engine) watch(stdout io.Reader, log io.Writer) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), Announcement); ok {
			select {
			case e.url <- strings.TrimSpace(address):
			default:
			}
		}
		fmt.Fprintln(log, lines.Text())
	}
	_, _ = io.Copy(io.Discard, stdout) // after a line that is too long: a full pipe would stop the process
	e.exit = e.cmd.Wait()
	close(e.died)
}

// Ready waits for the announced address and then for /health.
func (e *Engine) Ready(ctx context.Context) error {
	select {
	case e.base = <-e.url:
	case <-e.died:
		return e.death()
	case <-ctx.Done():
		return fmt.Errorf("the engine did not announce its address: %w", context.Cause(ctx))
	}
	for {
		err := e.get(ctx, "/health", nil)
		if err == nil {
			return nil
		}
		select {
		case <-e.died:
			return e.death()
		case <-ctx.Done():
			return fmt.Errorf("the engine at %s is not ready: %w", e.base, errors.Join(context.Cause(ctx), err))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// death words why the process ended: its exit status and the last it wrote.
func (e *Engine) death() error {
	status := "exit status 0"
	if e.exit != nil {
		status = e.exit.Error()
	}
	if last := e.stderr.last(); last != "" {
		return fmt.Errorf("%w: %s: %s", ErrDied, status, last)
	}
	return fmt.Errorf("%w: %s", ErrDied, status)
}

// URL is the base of the API, known once Ready has returned.
func (e *Engine) URL() string { return e.base }

// Died is closed when the process has ended.
func (e *Engine) Died() <-chan struct{} { return e.died }

// Death is the reason, once Died is closed.
func (e *Engine) Death() error { return e.death() }

// Stats reads the server's /stats.
func (e *Engine) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	err := e.get(ctx, "/stats", &s)
	return s, err
}

func (e *Engine) get(ctx context.Context, path string, into any) error {
	return askJSON(ctx, e.Client, e.base+path, into)
}

// Stop closes the process's standard input, and kills its group when that is not
// enough.
func (e *Engine) Stop() error {
	if e.cmd == nil || e.cmd.Process == nil {
		return nil
	}
	e.once.Do(func() { e.stdin.Close() })
	select {
	case <-e.died:
	case <-time.After(cmp.Or(e.grace, stopGrace)):
		killGroup(e.cmd.Process)
		<-e.died
	}
	var exit *exec.ExitError
	if errors.As(e.exit, &exit) {
		return e.death()
	}
	return e.exit
}
