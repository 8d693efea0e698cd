//go:build unix

package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/target/vllmtest"
)

// fakes are external servers, played by the test binary: "BINARY fake ROLE ARGUMENTS".
var fakes = map[string]func(args []string) error{
	"server":    fakeServer,
	"unready":   func([]string) error { forever(); return nil },
	"trace":     fakeTrace,
	"stubborn":  fakeStubborn,
	"orphanage": fakeOrphanage,
	"asleep":    func([]string) error { signal.Ignore(syscall.SIGTERM, syscall.SIGHUP); forever(); return nil },
	"lab":       fakeLab,
	"vllm":      vllmtest.Main,
	"docker":    fakeDocker,
}

// fake is the command line of a role.
func fake(role string, args ...string) []string {
	return append([]string{os.Args[0], "fake", role}, args...)
}

// fakeServer answers 200 on the port that it is given until it is told to end.
func fakeServer(args []string) error {
	l, err := net.Listen("tcp", "127.0.0.1:"+args[0])
	if err != nil {
		return err
	}
	fmt.Println("serving")
	return http.Serve(l, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
}

// fakeTrace dies as vLLM does: the worker's exception first, then that of those who waited for it.
func fakeTrace([]string) error {
	fmt.Print(vllmtest.File("block-size.log"))
	os.Exit(1)
	return nil
}

// fakeStubborn has a child in a session of its own, which has one too, and none of them minds SIGTERM.
func fakeStubborn(args []string) error {
	signal.Ignore(syscall.SIGTERM)
	depth, _ := strconv.Atoi(args[0]) // 0 for none
	if depth > 0 {
		child := exec.Command(os.Args[0], "fake", "stubborn", strconv.Itoa(depth-1))
		child.Stdout, child.Stderr, child.SysProcAttr = os.Stdout, os.Stderr, &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err != nil {
			return err
		}
	}
	fmt.Println("stubborn", os.Getpid())
	forever()
	return nil
}

// fakeOrphanage starts a child in a session of its own and ends at once, with status 3.
func fakeOrphanage([]string) error {
	child := exec.Command(os.Args[0], "fake", "asleep")
	child.Stdout, child.SysProcAttr = os.Stdout, &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return err
	}
	fmt.Println("stubborn", child.Process.Pid)
	os.Exit(3)
	return nil
}

// fakeLab runs a command under a guard, and waits to be killed.
func fakeLab(args []string) error {
	BecomeGuard()
	if _, err := startProcess(command{Args: args, Grace: 50 * time.Millisecond}, os.Stdout); err != nil {
		return err
	}
	forever()
	return nil
}

// forever is longer than any test; an empty select is a deadlock that the runtime finds.
func forever() { time.Sleep(time.Hour) }

func begin(t *testing.T, c command, log io.Writer) *process {
	t.Helper()
	if c.Grace == 0 {
		c.Grace = 50 * time.Millisecond
	}
	p, err := startProcess(c, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// alive says whether a process exists and is no zombie.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(text), ") Z ")
}

// stubborn are the processes that have said so in the log.
func stubborn(log string) (pids []int) {
	for line := range strings.Lines(log) {
		var pid int
		if n, _ := fmt.Sscanf(line, "stubborn %d", &pid); n == 1 {
			pids = append(pids, pid)
		}
	}
	return pids
}

func needProc(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs /proc to find processes")
	}
}

func get(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		return res.Body.Close()
	}
}

func TestProcess(t *testing.T) {
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	var log safe
	p := begin(t, command{Args: fake("server", strconv.Itoa(port)), Env: []string{"ASSAY_TEST=1"}}, &log)
	if err := p.ready(t.Context(), get(fmt.Sprintf("http://127.0.0.1:%d/", port))); err != nil {
		t.Fatal(err)
	}
	if cpu, rss, ok := p.usage(); oomKills() >= 0 && (!ok || cpu < 0 || rss < 1<<20) {
		t.Errorf("took %d ns and %d bytes, %v", cpu, rss, ok)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	if err := p.Stop(); err != nil {
		t.Error("second stop: ", err)
	}
	if log.String() != "serving\n" {
		t.Errorf("log %q", log.String())
	}
	if err := p.Death(); !errors.Is(err, ErrDied) || !strings.Contains(err.Error(), "killed by SIGTERM") {
		t.Errorf("death: %v", err)
	}
}

// A port that is in use is known by its name, also while somebody answers there.
func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { _ = http.Serve(l, http.NotFoundHandler()) }()
	port := l.Addr().(*net.TCPAddr).Port
	p := begin(t, command{Args: fake("server", strconv.Itoa(port))}, io.Discard)
	<-p.Died()
	err = p.ready(t.Context(), get(fmt.Sprintf("http://127.0.0.1:%d/", port)))
	if !errors.Is(err, ErrDied) || !strings.Contains(err.Error(), reasonPort) {
		t.Errorf("got %v", err)
	}
	if err := p.Stop(); !errors.Is(err, ErrDied) {
		t.Errorf("stop: %v", err)
	}
}

func TestProcessNeverReady(t *testing.T) {
	cause := errors.New("not ready after a while")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, cause)
	defer cancel()
	p := begin(t, command{Args: fake("unready")}, io.Discard)
	if err := p.ready(ctx, func(context.Context) error { return errors.New("connection refused") }); !errors.Is(err, cause) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
}

// The reason is the worker's exception, and all that was written before the end is in the log when the end is known.
func TestProcessDies(t *testing.T) {
	var log safe
	p := begin(t, command{Args: fake("trace")}, &log)
	err := p.ready(t.Context(), func(context.Context) error { return errors.New("not yet") })
	if !errors.Is(err, ErrDied) || !strings.Contains(err.Error(), "MultipleOf(32)") || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("got %v", err)
	}
	if want := vllmtest.File("block-size.log"); log.String() != want {
		t.Errorf("%d bytes of log, expected %d", len(log.String()), len(want))
	}
}

// A guard that is killed takes its command along, and the lab knows.
func TestKilledGuard(t *testing.T) {
	needProc(t)
	var log safe
	p := begin(t, command{Args: fake("stubborn", "0")}, &log)
	waitFor(t, "the process", func() bool { return len(stubborn(log.String())) == 1 })
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.Died()
	if err := p.Death(); !errors.Is(err, ErrDied) || !strings.Contains(err.Error(), "its guard was killed") {
		t.Errorf("got %v", err)
	}
	if err := p.Stop(); !errors.Is(err, ErrDied) {
		t.Errorf("stop: %v", err)
	}
	waitFor(t, "its end", func() bool { return !alive(stubborn(log.String())[0]) })
}

func TestProcessMissing(t *testing.T) {
	for _, c := range []struct {
		command command
		want    string
	}{
		{command{Args: []string{"/nowhere/vllm"}}, "/nowhere/vllm"},
		{command{Args: []string{"no-such-program-anywhere"}}, "no-such-program-anywhere"},
		{command{Args: fake("server"), Dir: "/nowhere"}, "/nowhere"},
	} {
		if _, err := startProcess(c.command, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.command.Args, err)
		}
	}
	script := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(script, []byte("no program\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := begin(t, command{Args: []string{script}}, io.Discard)
	<-p.Died()
	if err := p.Death(); !errors.Is(err, ErrDied) || !strings.Contains(err.Error(), "could not be run") {
		t.Errorf("got %v", err)
	}
}

// What ignores SIGTERM is killed with all that it started, in whatever sessions.
func TestStubborn(t *testing.T) {
	needProc(t)
	var log safe
	p := begin(t, command{Args: fake("stubborn", "2")}, &log)
	waitFor(t, "three processes", func() bool { return len(stubborn(log.String())) == 3 })
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	for _, pid := range stubborn(log.String()) {
		if alive(pid) {
			t.Errorf("process %d is left behind", pid)
		}
	}
	if !strings.Contains(log.String(), "of SIGTERM: the rest is killed") {
		t.Errorf("the log says nothing of it: %q", log.String())
	}
}

// What a command leaves behind when it ends by itself is ended too; its death is known at once.
func TestOrphans(t *testing.T) {
	needProc(t)
	var log safe
	p := begin(t, command{Args: fake("orphanage")}, &log)
	<-p.Died()
	if err := p.Death(); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("death: %v", err)
	}
	if err := p.Stop(); !errors.Is(err, ErrDied) {
		t.Errorf("stop: %v", err)
	}
	pids := stubborn(log.String())
	if len(pids) != 1 || alive(pids[0]) {
		t.Errorf("processes %v are left behind", pids)
	}
}

// Nothing is left of a system whose lab is killed with SIGKILL.
func TestKilledLab(t *testing.T) {
	needProc(t)
	var log safe
	lab := exec.Command(os.Args[0], append([]string{"fake", "lab"}, fake("stubborn", "1")...)...)
	lab.Stdout = &log
	if err := lab.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "two processes", func() bool { return len(stubborn(log.String())) == 2 })
	if err := lab.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	pids := stubborn(log.String())
	_ = lab.Wait()
	waitFor(t, "the end of all", func() bool { return !slices.ContainsFunc(pids, alive) })
}

// Finally is run when all has ended, also when the command could not be ended by a signal.
func TestFinally(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "removed")
	p := begin(t, command{Args: fake("unready"), Finally: []string{"touch", mark}}, io.Discard)
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); err != nil {
		t.Error(err)
	}
}

// A program that cannot be a guard starts nothing.
func TestNoGuard(t *testing.T) {
	guardable.Store(false)
	defer guardable.Store(true)
	if _, err := startProcess(command{Args: fake("unready")}, io.Discard); !errors.Is(err, errNoGuard) {
		t.Errorf("got %v", err)
	}
}

// A process that was never started can be stopped.
func TestNilProcess(t *testing.T) {
	var p *process
	if err := p.Stop(); err != nil || p.Died() != nil || p.Death() == nil {
		t.Errorf("stop: %v", err)
	}
}
