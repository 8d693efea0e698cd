package trial

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/result"
)

func TestTrial(t *testing.T) {
	f := newFake(t)
	c := config(t, f)
	c.Shared = true
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != record.StatusOK || r.Reason != "" || r.Key != c.Key || r.Order != 3 || r.Command != "start it" {
		t.Errorf("record: %+v", r)
	}
	if r.Issued != measured || r.ReadyNS <= 0 || r.WindowNS <= 0 || !r.Lab.Shared {
		t.Errorf("record: %+v", r)
	}
	// Stats is read once when warm-up has ended, before the attack, when idle, after it.
	if r.Engine.Steps != 20 {
		t.Errorf("steps are those of %d, not of the measured part", r.Engine.Steps)
	}
	if f.stopped != 1 {
		t.Errorf("stopped %d times", f.stopped)
	}
	rs, err := result.ReadFile(filepath.Join(c.Dir, record.RequestsFile), filepath.Join(c.Dir, record.EventsFile))
	if err != nil || len(rs) != measured {
		t.Fatalf("%d requests on disk: %v", len(rs), err)
	}
	if log, err := os.ReadFile(filepath.Join(c.Dir, LogFile)); err != nil || string(log) != f.log {
		t.Errorf("log %q: %v", log, err)
	}
	if got := len(f.server.Served()); got != warmups+measured {
		t.Errorf("%d requests served", got)
	}
}

func TestNoWarmUp(t *testing.T) {
	f := newFake(t)
	c := config(t, f)
	c.Warmup = requests(t, 0)
	r, err := Run(t.Context(), c)
	if err != nil || r.Status != record.StatusOK {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := len(f.server.Served()); got != measured {
		t.Errorf("%d requests served", got)
	}
}

// TestFailures: whatever the system does, the trial ends with a record that says so,
// the system is stopped, and the run goes on.
func TestFailures(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name   string
		harm   func(f *fake, c *Config)
		reason []string
		issued bool // part of the attack was sent, and is on disk
	}{
		{"cannot start", func(f *fake, _ *Config) { f.start = broken }, []string{"broken"}, false},
		{"never ready", func(f *fake, c *Config) {
			c.ReadyTimeout = time.Millisecond
			f.ready = func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
		}, []string{"not ready after 1ms", "ready_timeout"}, false},
		{"dies before it is ready", func(f *fake, _ *Config) {
			f.ready = func(context.Context) error { return errCrash }
		}, []string{errCrash.Error()}, false},
		{"dies in warm-up", func(f *fake, _ *Config) { f.dieAt = 1 }, []string{"warm-up: ", errCrash.Error()}, false},
		{"dies silently in warm-up", func(f *fake, _ *Config) { f.dieAt, f.silent = 0, true }, []string{"warm-up: ", errCrash.Error()}, false},
		{"dies mid-attack", func(f *fake, _ *Config) { f.dieAt = warmups + 3 }, []string{errCrash.Error()}, true},
		{"dies at the last request", func(f *fake, _ *Config) { f.dieAt, f.silent = warmups+measured-1, true }, []string{errCrash.Error()}, true},
		{"refuses all of the warm-up", func(f *fake, _ *Config) { f.server.Close() }, []string{"warm-up: none of 2 requests succeeded", "refused"}, false},
		{"counters unreadable before", func(f *fake, _ *Config) {
			f.stats = func(call int) (target.Stats, error) { return target.Stats{}, broken }
		}, []string{"read counters", "broken"}, false},
		{"counters unreadable after", func(f *fake, _ *Config) {
			f.stats = func(call int) (target.Stats, error) {
				if call > 1 {
					return target.Stats{}, broken
				}
				return target.Stats{}, nil
			}
		}, []string{"read counters", "broken"}, true},
		{"never idle", func(f *fake, _ *Config) {
			f.stats = func(call int) (target.Stats, error) {
				var s target.Stats
				if call > 1 {
					s.Running, s.Waiting = 1, 2
				}
				return s, nil
			}
		}, []string{"3 requests still run"}, true},
		{"does not stop", func(f *fake, _ *Config) { f.stop = broken }, []string{"stop: broken"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			cfg := config(t, f)
			c.harm(f, &cfg)
			r, err := Run(t.Context(), cfg)
			if err != nil {
				t.Fatalf("the run would end: %v", err)
			}
			if r.Status != record.StatusFailed {
				t.Fatalf("record: %+v", r)
			}
			for _, words := range c.reason {
				if !strings.Contains(r.Reason, words) {
					t.Errorf("reason %q does not say %q", r.Reason, words)
				}
			}
			if f.started && f.stopped != 1 {
				t.Errorf("stopped %d times", f.stopped)
			}
			if (r.Issued > 0) != c.issued {
				t.Errorf("%d requests of the attack are in the record", r.Issued)
			}
			if c.issued {
				rs, err := result.ReadFile(filepath.Join(cfg.Dir, record.RequestsFile), filepath.Join(cfg.Dir, record.EventsFile))
				if err != nil || len(rs) != r.Issued {
					t.Errorf("%d requests on disk, %d issued: %v", len(rs), r.Issued, err)
				}
			}
			if !exists(t, filepath.Join(cfg.Dir, LogFile)) {
				t.Error("no log")
			}
		})
	}
}

// TestCheck: nothing is started or stopped when it cannot work.
func TestCheck(t *testing.T) {
	f := newFake(t)
	f.check = errors.New("no such binary")
	r, err := Run(t.Context(), config(t, f))
	if err != nil || r.Status != record.StatusFailed || r.Reason != "no such binary" || f.started || f.stopped != 0 {
		t.Errorf("%+v, %v, started %v, stopped %d", r, err, f.started, f.stopped)
	}
}

// TestInterrupt: a trial that is interrupted has no record, and the system is stopped.
func TestInterrupt(t *testing.T) {
	reason := errors.New("interrupted by a test")
	for _, at := range []int{0, warmups + 3} {
		t.Run(fmt.Sprint("at request ", at), func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			f := newFake(t)
			c := config(t, f)
			c.Attack.Live = nil
			go func() {
				for len(f.server.Served()) <= at {
					time.Sleep(time.Millisecond)
				}
				cancel(reason)
			}()
			if _, err := Run(ctx, c); !errors.Is(err, reason) {
				t.Errorf("got %v", err)
			}
			if f.stopped != 1 {
				t.Errorf("stopped %d times", f.stopped)
			}
		})
	}
}

// TestDisk: a disk that refuses a trial's files ends the run and blames no arm.
func TestDisk(t *testing.T) {
	t.Run("no directory", func(t *testing.T) {
		f := newFake(t)
		c := config(t, f)
		c.Dir = filepath.Join(c.Dir, "missing")
		r, err := Run(t.Context(), c)
		// Not the disk's fault, but not the system's either.
		if err == nil && r.Status == record.StatusFailed {
			t.Errorf("blamed the system: %s", r.Reason)
		}
		if f.started {
			t.Error("started without a place for its log")
		}
	})
	for _, name := range []string{LogFile, record.RequestsFile, record.EventsFile} {
		t.Run("full at "+name, func(t *testing.T) {
			f := newFake(t)
			c := config(t, f)
			if err := os.Symlink("/dev/full", filepath.Join(c.Dir, name)); err != nil {
				t.Skip("no symbolic links: ", err)
			}
			_, err := Run(t.Context(), c)
			if !store.Environment(err) || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "make room") {
				t.Errorf("got %v", err)
			}
			if f.stopped != 1 {
				t.Errorf("stopped %d times", f.stopped)
			}
		})
	}
}

// TestDifference changes every counter of the system, and expects the record to have
// the difference of each.
func TestDifference(t *testing.T) {
	before := target.Stats{Stats: engine.Stats{
		Steps: 1, Busy: 2, PrefillOps: 3, DecodeOps: 4, PromptTokens: 5, PrefixHits: 6, GeneratedTokens: 7, DraftTokens: 8,
		AcceptedTokens: 9, Drafts: 10, AcceptedAt: []int64{3, 1}, DraftedAt: []int64{5, 2}, DraftsFallen: 4,
		DraftTime: 7, VerifySteps: 5, VerifyTime: 11, Batches: []engine.BatchSteps{{Steps: 2, Sequences: 2, Rows: 4, Tokens: 3, Busy: 20, Drafting: 4}, {}}, Preemptions: 11, DroppedPositions: 13, PeakSequence: 5, HeldPositions: 40, SequenceSteps: 2, Finished: map[engine.FinishReason]int64{engine.FinishAbort: 12, engine.FinishStop: 90},
		Evictions: 14, PrefixCopies: 15, SwapOutBytes: 16, SwapInBytes: 17, OffloadHits: 18, OffloadReadBytes: 19, OffloadWriteBytes: 20,
		PeakRunning: 1, Occupancy: 13, KVBytesPerToken: 512, WeightBytes: 1000}, PeakRSSBytes: 5000, CPUNS: 21}
	after := target.Stats{Stats: engine.Stats{
		Steps: 101, Busy: 202, PrefillOps: 303, DecodeOps: 404, PromptTokens: 505, PrefixHits: 606, GeneratedTokens: 707, DraftTokens: 808,
		AcceptedTokens: 909, Drafts: 1010, AcceptedAt: []int64{30, 11, 4}, DraftedAt: []int64{55, 22, 6}, DraftsFallen: 404,
		DraftTime: 707, VerifySteps: 505, VerifyTime: 1111, Batches: []engine.BatchSteps{{Steps: 2, Sequences: 2, Rows: 4, Tokens: 3, Busy: 20, Drafting: 4}, {Steps: 3, Sequences: 6, Rows: 9, Tokens: 8, Busy: 70, Drafting: 5}}, Preemptions: 1111, DroppedPositions: 1313, PeakSequence: 6, HeldPositions: 100, SequenceSteps: 12, Finished: map[engine.FinishReason]int64{engine.FinishAbort: 1212, engine.FinishStop: 99},
		Evictions: 1414, PrefixCopies: 1515, SwapOutBytes: 1616, SwapInBytes: 1717, OffloadHits: 1818, OffloadReadBytes: 1919, OffloadWriteBytes: 2020,
		PeakRunning: 4, Occupancy: 1313, KVBytesPerToken: 512, WeightBytes: 1000}, PeakRSSBytes: 6000, CPUNS: 2121}
	want := record.Counters{Steps: 100, BusyNS: 200, PrefillOps: 300, DecodeOps: 400, PromptTokens: 500, PrefixHitTokens: 600,
		GeneratedTokens: 700, DraftTokens: 800, AcceptedTokens: 900, Drafts: 1000, AcceptedAt: []int64{27, 10, 4}, DraftedAt: []int64{50, 20, 6}, DraftsFallen: 400,
		DraftNS: 700, VerifySteps: 500, VerifyNS: 1100, Batches: []record.BatchSteps{{Steps: 3, Sequences: 6, Rows: 9, Tokens: 8, BusyNS: 70, DraftNS: 5}}, Preemptions: 1100, DroppedKV: 1300, MeanKVBytes: 6 * 512, PeakKVBytes: 6 * 512,
		Evictions: 1400, PrefixCopies: 1500, SwapOutBytes: 1600, SwapInBytes: 1700, OffloadHits: 1800, OffloadReadBytes: 1900, OffloadWriteBytes: 2000,
		Aborted: 1200, PeakRunning: 4, RunningNS: 1300, KVBytesPerToken: 512, WeightBytes: 1000, PeakRSSBytes: 6000, CPUNS: 2100}
	if got := difference(before, after); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	v := reflect.ValueOf(want)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("the test leaves %s out", v.Type().Field(i).Name)
		}
	}
}
