package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/workload"
)

// fake is a system under test whose answers and accidents are scripted. It begins
// as one that works.
type fake struct {
	server *scripted.Server

	check, start, stop error
	ready              func(ctx context.Context) error
	stats              func(call int) (target.Stats, error) // call counts from 0
	log                string                               // written at start
	dieAt              int                                  // ordinal of the request at which it dies, -1 for never
	silent             bool                                 // a dead server's connections are reset before Died is closed

	dead    atomic.Bool
	mu      sync.Mutex
	calls   int // of Stats
	started bool
	stopped int
	died    chan struct{}
}

var errCrash = fmt.Errorf("%w: signal: killed: out of memory", target.ErrDied)

func newFake(t testing.TB) *fake {
	f := &fake{dieAt: -1, died: make(chan struct{}), log: "serving\n"}
	answer := scripted.Steady(time.Millisecond, time.Millisecond, 2).Script()
	server, err := scripted.Start(func(r scripted.Received) scripted.Script {
		if f.dieAt < 0 || r.N < f.dieAt {
			return answer
		}
		if r.N == f.dieAt {
			f.dead.Store(true)
			go f.die()
		}
		return scripted.Script{End: scripted.ResetEarly}
	})
	if err != nil {
		t.Fatal(err)
	}
	f.server = server
	t.Cleanup(func() { _ = server.Close() })
	return f
}

// die closes Died; a silent death is noticed only when all requests have failed.
func (f *fake) die() {
	if f.silent {
		time.Sleep(50 * time.Millisecond)
	}
	close(f.died)
}

func (f *fake) Check(context.Context) error { return f.check }

func (f *fake) Start(_ context.Context, log io.Writer) error {
	f.started = true
	if _, err := io.WriteString(log, f.log); err != nil {
		return fmt.Errorf("a target must not fail for its log: %w", err)
	}
	return f.start
}

func (f *fake) Ready(ctx context.Context) error {
	if f.ready != nil {
		return f.ready(ctx)
	}
	return nil
}

func (f *fake) URL() string { return f.server.URL() }

func (f *fake) Stats(context.Context) (target.Stats, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.dead.Load() {
		return target.Stats{}, errors.New("connection refused")
	}
	if f.stats != nil {
		return f.stats(f.calls - 1)
	}
	var s target.Stats
	s.Steps = int64(10 * f.calls)
	return s, nil
}

func (f *fake) Died() <-chan struct{} { return f.died }
func (f *fake) Death() error          { return errCrash }
func (f *fake) Stop() error           { f.stopped++; return f.stop }

// requests is a plan of n requests at 400 a second.
func requests(t testing.TB, n int) loadgen.Plan {
	t.Helper()
	p := loadgen.Plan{Dialect: dialect.Completions{}, Options: dialect.Options{Model: "m"}, Deadline: time.Minute}
	if n == 0 {
		return p
	}
	var err error
	if p.Schedule, err = arrival.Constant(400, n); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		p.Prompts = append(p.Prompts, workload.Prompt{Text: fmt.Sprint("prompt ", i), Tokens: make([]int32, 4), MaxTokens: 2})
	}
	return p
}

const warmups, measured = 2, 8

func config(t testing.TB, f *fake) Config {
	return Config{Key: record.TrialKey{ID: "t", Arm: "a", Load: "l"}, Order: 3, Target: f, Command: "start it",
		ReadyTimeout: time.Minute, Warmup: requests(t, warmups), Attack: requests(t, measured), Dir: t.TempDir()}
}

func exists(t testing.TB, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}
