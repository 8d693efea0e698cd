package target

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The test binary plays the engine: Engine starts it as "BINARY serve ROLE".
var roles = map[string]func() error{
	"good":    func() error { return serve(0) },
	"slow":    func() error { return serve(3) },
	"crash":   func() error { return errors.New("cannot map the weights\nno memory left") },
	"silent":  func() error { _, err := io.Copy(io.Discard, os.Stdin); return err },
	"deaf":    deaf,
	"chatty":  chatty,
	"unhappy": func() error { _ = serve(0); return errors.New("could not write the profile") },
}

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "fake" {
		if err := fakes[os.Args[2]](os.Args[3:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	BecomeGuard()
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		if err := roles[os.Args[2]](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serve answers until standard input closes. /health says no for the first times.
func serve(unready int64) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var asked atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) <= unready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/stats", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"Steps": 7, "AcceptedAt": []int{2, 1}, "PeakRSSBytes": 99})
	})
	fmt.Println("a line of no meaning")
	fmt.Println(Announcement + "http://" + l.Addr().String())
	go func() { _ = http.Serve(l, mux) }()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// deaf has a child, and neither ends when standard input closes.
func deaf() error {
	child := exec.Command("sleep", "1000")
	if err := child.Start(); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, child.Process.Pid)
	go func() { _ = serve(0) }()
	select {}
}

// chatty dies if its output is not taken.
func chatty() error {
	for range 1000 {
		if _, err := os.Stderr.WriteString(strings.Repeat("x", 1000) + "\n"); err != nil {
			return err
		}
	}
	return serve(0)
}

func start(t *testing.T, role string, log io.Writer) *Engine {
	t.Helper()
	e := &Engine{Executable: os.Args[0], Args: []string{role}, Client: &http.Client{}}
	if err := e.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context(), log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { killGroup(e.cmd.Process); <-e.died })
	return e
}

func TestEngine(t *testing.T) {
	for _, role := range []string{"good", "slow"} {
		t.Run(role, func(t *testing.T) {
			var log safe
			e := start(t, role, &log)
			if err := e.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(e.URL(), "http://127.0.0.1:") {
				t.Errorf("URL %q", e.URL())
			}
			s, err := e.Stats(t.Context())
			if err != nil || s.Steps != 7 || len(s.AcceptedAt) != 2 || s.PeakRSSBytes != 99 {
				t.Errorf("stats %+v, %v", s, err)
			}
			if err := e.Stop(); err != nil {
				t.Error(err)
			}
			if err := e.Stop(); err != nil {
				t.Error("second stop: ", err)
			}
			if got := log.String(); got != "a line of no meaning\n"+Announcement+e.URL()+"\n" {
				t.Errorf("log %q", got)
			}
		})
	}
}

func TestMissingExecutable(t *testing.T) {
	e := &Engine{Executable: "/nowhere/assay", Client: &http.Client{}}
	if err := e.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "/nowhere/assay") {
		t.Errorf("check: %v", err)
	}
	if err := e.Start(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "/nowhere/assay") {
		t.Errorf("start: %v", err)
	}
	if err := e.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// TestDeath: the error says how the process ended and the last it wrote.
func TestDeath(t *testing.T) {
	check := func(t *testing.T, err error, words ...string) {
		t.Helper()
		if !errors.Is(err, ErrDied) {
			t.Errorf("got %v", err)
			return
		}
		for _, w := range words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q does not say %q", err, w)
			}
		}
	}
	t.Run("before it is ready", func(t *testing.T) {
		e := start(t, "crash", io.Discard)
		check(t, e.Ready(t.Context()), "exit status 3", "no memory left")
		check(t, e.Stop(), "exit status 3")
	})
	t.Run("killed", func(t *testing.T) {
		e := start(t, "good", io.Discard)
		if err := e.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		killGroup(e.cmd.Process)
		<-e.Died()
		check(t, e.Death(), "killed")
		if _, err := e.Stats(t.Context()); err == nil {
			t.Error("a dead engine has counters")
		}
		check(t, e.Stop(), "killed")
	})
	t.Run("when told to stop", func(t *testing.T) {
		e := start(t, "unhappy", io.Discard)
		if err := e.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(t, e.Stop(), "exit status 3", "could not write the profile")
	})
}

func TestNeverReady(t *testing.T) {
	patience := errors.New("no patience left")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, patience)
	defer cancel()
	e := start(t, "silent", io.Discard)
	if err := e.Ready(ctx); !errors.Is(err, patience) || !strings.Contains(err.Error(), "did not announce its address") {
		t.Errorf("got %v", err)
	}
	if err := e.Stop(); err != nil {
		t.Error(err)
	}
}

// TestDeaf: what does not end by itself is killed, with all that it started.
func TestDeaf(t *testing.T) {
	var log safe
	e := start(t, "deaf", &log)
	e.grace = 10 * time.Millisecond
	if err := e.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := e.Stop(); !errors.Is(err, ErrDied) || !strings.Contains(err.Error(), "killed") {
		t.Errorf("got %v", err)
	}
	pid, _, _ := strings.Cut(log.String(), "\n")
	state := func() string {
		text, _ := os.ReadFile("/proc/" + pid + "/stat") // no such file: it is gone
		return string(text)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if s := state(); s == "" || strings.Contains(s, ") Z ") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %s is left behind", pid)
		}
	}
}

// TestRefusedLog: a log that cannot be written is the caller's affair and does not
// take the engine down.
func TestRefusedLog(t *testing.T) {
	e := start(t, "chatty", refusing{})
	if err := e.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := e.Stop(); err != nil {
		t.Error(err)
	}
}

func TestTail(t *testing.T) {
	for _, c := range []struct{ name, written, want string }{
		{"nothing", "", ""},
		{"a line", "one\n", "one"},
		{"two lines", "one\ntwo\n", "two"},
		{"an open line", "one\ntwo", "two"},
		{"a long line", strings.Repeat("x", 2*tailLine) + "\n", strings.Repeat("x", tailLine)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var all bytes.Buffer
			x := &tail{next: &all}
			for i := range len(c.written) {
				_, _ = x.Write([]byte{c.written[i]})
			}
			if got := x.last(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if all.String() != c.written {
				t.Error("not all was passed on")
			}
		})
	}
}

type refusing struct{}

func (refusing) Write([]byte) (int, error) { return 0, errors.New("no room") }

// safe is a bytes.Buffer that two goroutines write.
type safe struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safe) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
