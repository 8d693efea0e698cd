package target

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/assaylab/assay/experiments/host"
)

// command is an external program as the lab runs it.
type command struct {
	Args    []string      // the program, looked for in PATH, and its arguments
	Env     []string      // NAME=value, beside the lab's own
	Dir     string        // "" for the lab's own
	CPUs    []int         // processors that it and what it starts may run on; nil for the lab's own
	Finally []string      // run when nothing is left of it: what removes a container, which outlives its client
	Grace   time.Duration // between SIGTERM and SIGKILL; 0 for termGrace
}

// termGrace is how long an external system may take to end once it is told to.
const termGrace = 10 * time.Second

// guardGrace is how long the guard may take beyond that: to kill what is left, and to run Finally.
const guardGrace = 20 * time.Second

// process is an external command with all that it starts, in a process group of its own, under a guard: this binary once more,
// in a hidden mode (see BecomeGuard). The guard ends the command when the lab asks for it, and also when the lab is gone, kill -9
// included, since the pipe that it reads then closes. Targets embed a *process; a nil one has not been started.
type process struct {
	command command
	cmd     *exec.Cmd // the guard
	leash   io.Closer // open as long as the command shall run
	output  *tail
	logPipe *os.File
	ooms    int64 // processes that the kernel had killed for lack of memory, at the start

	pid   int           // of the command, known when it runs
	died  chan struct{} // closed when the command has ended and its output is read
	gone  chan struct{} // closed when the guard has ended too, and nothing is left
	once  sync.Once
	asked bool   // to end, before it did by itself; set in once
	end   string // as the guard reports it; set before died is closed
	mu    sync.Mutex
}

// errNoGuard is a programming error: see BecomeGuard.
var errNoGuard = errors.New("this program cannot start external systems: its main function does not call target.BecomeGuard")

// startProcess runs the command. Its output goes to log, whose errors do not matter to it, and its end is kept for messages.
func startProcess(c command, log io.Writer) (*process, error) {
	if !guardable.Load() {
		return nil, errNoGuard
	}
	path, err := exec.LookPath(c.Args[0])
	if err == nil {
		path, err = filepath.Abs(path) // c.Dir may be another folder
	}
	if err == nil && c.Dir != "" {
		_, err = os.Stat(c.Dir) // whose lack would be reported as that of the program
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start %s: find the guard: %w", c.Args[0], err)
	}
	p := &process{command: c, output: &tail{next: log, keep: keptLines}, ooms: oomKills(), died: make(chan struct{}), gone: make(chan struct{})}
	p.cmd = exec.Command(self, guardArgs(c, path)...)
	p.cmd.Dir, p.cmd.Env = c.Dir, append(os.Environ(), c.Env...)
	p.cmd.SysProcAttr = ownGroup()
	if err := p.run(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	return p, nil
}

// run starts the guard, with the leash as its standard input, its reports as the output, and the command's output as the error.
func (p *process) run() error {
	leash, err := p.cmd.StdinPipe()
	if err != nil {
		return err
	}
	reports, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	p.cmd.Stderr, p.leash, p.logPipe = write, leash, read
	err = host.OnCPUs(p.command.CPUs, p.cmd.Start)
	_ = write.Close() // the guard has its own
	if err != nil {
		return errors.Join(err, read.Close())
	}
	drained, copied := make(chan struct{}), make(chan struct{})
	go p.copyLog(drained, copied)
	go p.follow(reports, drained, copied)
	return nil
}

// follow reads what the guard reports until it ends, then reaps it.
func (p *process) follow(reports io.Reader, drained, copied chan struct{}) {
	lines := bufio.NewScanner(reports)
	for lines.Scan() {
		switch kind, value, _ := strings.Cut(lines.Text(), " "); kind {
		case reportPID:
			p.setPID(value)
		case reportEnd:
			p.ended(value, drained)
		}
	}
	if p.end == "" { // the guard was killed itself: what it was to end is ended here, as far as it is in the group
		killGroupOf(p.PID())
		p.ended("its guard was killed", drained)
	}
	_ = p.cmd.Wait()
	<-copied
	close(p.gone)
}

// ended notes the end once all that the command wrote before it is in the log. What it has started may live on for a while.
func (p *process) ended(how string, drained chan struct{}) {
	_ = p.logPipe.SetReadDeadline(time.Unix(1, 0)) // wakes up copyLog
	<-drained
	p.end = how
	close(p.died)
}

// copyLog passes the command's output on. When it is woken up it says so after all that is there at that time.
func (p *process) copyLog(drained, copied chan struct{}) {
	defer close(copied)
	defer p.logPipe.Close()
	for {
		_, err := io.Copy(p.output, p.logPipe)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		_ = p.logPipe.SetReadDeadline(time.Time{})
		drain(p.logPipe, p.output)
		close(drained)
	}
	select {
	case <-drained:
	default:
		close(drained) // nobody has the pipe any more
	}
}

func (p *process) setPID(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pid, _ = strconv.Atoi(text) // 0 where the guard misspells it
}

// PID is the command's process, 0 while it does not run.
func (p *process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid
}

// Died is closed when the command has ended by itself or was ended.
func (p *process) Died() <-chan struct{} {
	if p == nil {
		return nil
	}
	return p.died
}

// Death is the reason, once Died is closed. It wraps ErrDied.
func (p *process) Death() error {
	if p == nil {
		return errors.New("it was not started")
	}
	return fmt.Errorf("%w: %s", ErrDied, deathReason(p.end, p.output.lines(), p.ooms >= 0 && oomKills() > p.ooms))
}

// Stop tells the command and all that it started to end, kills what does not, and waits until nothing is left. It is an error if
// the command had ended before by itself.
func (p *process) Stop() error {
	if p == nil {
		return nil
	}
	p.once.Do(func() {
		select {
		case <-p.died:
		default:
			p.asked = true
		}
		_ = p.leash.Close()
	})
	select {
	case <-p.gone:
	case <-time.After(cmp.Or(p.command.Grace, termGrace) + guardGrace):
		return fmt.Errorf("process %d, or what it started, does not end", p.PID())
	}
	if !p.asked {
		return p.Death()
	}
	return nil
}

// probeGap is how long to wait between two looks at a system that is not ready.
const probeGap = 50 * time.Millisecond

// ready calls probe until it returns nil, the command ends, or ctx does.
func (p *process) ready(ctx context.Context, probe func(context.Context) error) error {
	for {
		err := probe(ctx)
		select {
		case <-p.died: // also when something answered: then it was another one
			return p.Death()
		default:
		}
		if err == nil {
			return nil
		}
		select {
		case <-p.died:
			return p.Death()
		case <-ctx.Done():
			return p.late(context.Cause(ctx), err)
		case <-time.After(probeGap):
		}
	}
}

// late words why a command is given up that still runs.
func (p *process) late(cause, last error) error {
	text := fmt.Sprintf("the last answer: %v", last)
	if errors.Is(last, context.Canceled) || errors.Is(last, context.DeadlineExceeded) {
		text = "it had not answered"
	}
	if line := p.output.last(); line != "" {
		text += fmt.Sprintf("; the last line of its log: %s", stripPrefix(line))
	}
	return fmt.Errorf("%w; %s", cause, text)
}

// processCounters are the counters of record.Counters that usage knows of any process, by their JSON names.
var processCounters = []string{"peak_rss_bytes", "cpu_ns"}

// freePort finds a port of this machine that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
