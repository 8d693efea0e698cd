package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
	"github.com/assaylab/assay/engine/steptrace"
)

// batchings are settings of who runs when, none of which may change an answer.
func batchings() map[string]func(*Options) {
	return map[string]func(*Options){
		"none":   func(o *Options) { o.Batching = "none" },
		"static": func(o *Options) { o.Batching, o.BatchWait = "static", time.Millisecond },
		"static, preempted": func(o *Options) {
			o.Batching, o.KVTokens = "static", 256
		},
		"dynamic": func(o *Options) { o.Batching, o.PreferredBatch = "dynamic", "2,3" },
		"dynamic, shortest, reuse": func(o *Options) {
			o.Batching, o.PreferredBatch, o.QueueOrder, o.PrefixCache = "dynamic", "4", "shortest", "hash"
		},
		"chunks of 7":          func(o *Options) { o.PrefillChunk = 7 },
		"prefill first":        func(o *Options) { o.PrefillOrder = "prefill-first" },
		"prefill first, whole": func(o *Options) { o.PrefillOrder, o.ChunkedPrefill = "prefill-first", false },
		"mixed, in turns":      func(o *Options) { o.PrefillOrder, o.TokenBudget = "mixed", 8 },
		"mixed, preempted":     func(o *Options) { o.PrefillOrder, o.TokenBudget, o.KVTokens = "mixed", 8, 256 },
		"shortest":             func(o *Options) { o.QueueOrder, o.MaxBatch = "shortest", 3 },
		"fair":                 func(o *Options) { o.QueueOrder, o.MaxBatch = "fair", 3 },
	}
}

// TestGreedyDoesNotDependOnBatching compares to the last bit, with and without drafts, in both
// arithmetic classes.
func TestGreedyDoesNotDependOnBatching(t *testing.T) {
	draft, work := loadModel(t, "gopherling-2m"), workload(t)[:10]
	for kind, m := range map[string]*model.Model{"BF16": loadModel(t, "gopherling-2m"), "Q8_0": quantized(t, "gopherling-2m", "Q8_0", bestSet(t))} {
		if testing.Short() && kind != "Q8_0" { // the goroutines, which races are about, are the same
			continue
		}
		want := speak(t, start(t, m, nil, options(nil)), 30, sample.Params{}, work...)
		for name, change := range batchings() {
			t.Run(kind+", "+name, func(t *testing.T) {
				e := start(t, m, nil, options(change))
				sameWords(t, crowd(t, e, 30, work...), want)
				if s := e.Stats(); strings.Contains(name, "preempted") && s.Preemptions == 0 {
					t.Error("nothing was preempted: the test tests nothing")
				} else if name == "none" && s.PeakRunning != 1 {
					t.Errorf("%d ran at the same time", s.PeakRunning)
				}
				e = start(t, m, draft, options(change))
				sameWords(t, crowd(t, e, 30, work...), want)
				acceptance(t, e)
			})
		}
	}
}

// crowd is speak, with every request of another tenant, weight and priority.
func crowd(t *testing.T, e *Engine, n int, prompts ...[]int32) []answer {
	t.Helper()
	out := make([]answer, len(prompts))
	var wg sync.WaitGroup
	for i, p := range prompts {
		s, err := e.Submit(t.Context(), Request{Prompt: p, MaxTokens: n, IgnoreEOS: true, Logprobs: -1,
			Priority: i % 2, Tenant: fmt.Sprint(i % 3), Weight: i % 4})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { out[i] = listen(t, s) })
	}
	wg.Wait()
	idle(t, e)
	return out
}

// A batch is waited for: a lone request starts when it has waited, and with others at once. The loop
// sleeps meanwhile, and a client that goes away ends the wait.
func TestStaticBatchesWait(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), workload(t)
	const wait = 30 * time.Millisecond
	e := start(t, m, nil, options(func(o *Options) { o.Batching, o.BatchWait, o.MaxBatch = "static", wait, 3 }))
	asked := time.Now()
	s, err := e.Submit(t.Context(), Request{Prompt: work[0], MaxTokens: 2, IgnoreEOS: true})
	if err != nil {
		t.Fatal(err)
	}
	if ev, err := s.Next(t.Context()); err != nil || ev.Started.Sub(asked) < wait {
		t.Errorf("a lone request started %v after it was asked, %v", ev.Started.Sub(asked), err)
	}
	idle(t, e)

	e = start(t, m, nil, options(func(o *Options) { o.Batching, o.BatchWait, o.MaxBatch = "static", time.Hour, 3 }))
	generate(t, e, 4, sample.Params{}, work[:3]...) // ends, so nobody waited for an hour
	if s := e.Stats(); s.PeakRunning != 3 {
		t.Errorf("%d ran at the same time, want 3", s.PeakRunning)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if s, err = e.Submit(ctx, Request{Prompt: work[0], MaxTokens: 2, IgnoreEOS: true}); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := s.Next(context.Background()); !errors.Is(err, errAborted) {
		t.Errorf("a request that was aborted while a batch was waited for ended with %v", err)
	}
	idle(t, e)
}

// TestTraceOfSteps holds a trace to what the engine counted and answered.
func TestTraceOfSteps(t *testing.T) {
	m, draft, work := loadModel(t, "gopherling-2m"), loadModel(t, "gopherling-2m"), workload(t)
	e := start(t, m, draft, options(func(o *Options) { o.KVTokens, o.TokenBudget = 256, 24 }))
	var file bytes.Buffer
	w, err := steptrace.NewWriter(&file, e.TraceHeader(), 1<<12)
	if err != nil {
		t.Fatal(err)
	}
	e.Trace(w)
	generate(t, e, 40, sample.Params{}, work...)
	e.Close()
	if lost, err := w.Close(); lost != 0 || err != nil {
		t.Fatal(lost, err)
	}
	stats, done := e.Stats(), 0
	var tokens, drafts, preempted, busy, last int64
	sum, err := steptrace.Read(&file, func(s *steptrace.Step) error {
		if s.Number != last+1 || s.Free+s.Cached+s.Held != stats.Blocks.Total || s.Running < len(s.Items) {
			t.Errorf("step after %d: %+v", last, *s)
		}
		last, busy, preempted = s.Number, busy+s.Duration, preempted+int64(len(s.Preempted))
		for _, it := range s.Items {
			tokens, drafts = tokens+int64(it.Tokens), drafts+int64(it.Drafts)
			if it.Done {
				done++
			}
			if it.Kind == steptrace.Decode && (it.Rows != 1 || it.Tokens < 1) || it.Kind == steptrace.Prefill && it.Drafts > 0 {
				t.Errorf("step %d: %+v", s.Number, it)
			}
		}
		return nil
	})
	if err != nil || sum.Steps != stats.Steps || tokens != stats.GeneratedTokens || drafts != stats.DraftTokens ||
		preempted != stats.Preemptions || preempted == 0 || busy != stats.Busy.Nanoseconds() || done != len(work) {
		t.Errorf("%+v, %v: %d tokens, %d drafts, %d preempted, busy %d, %d done; the engine counted %+v", sum, err, tokens, drafts, preempted, busy, done, stats)
	}
}

// A promise that cannot be kept is not made: once steps are measured, no first token can be
// expected within a nanosecond.
func TestMaxTTFT(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), workload(t)
	e := start(t, m, nil, options(func(o *Options) { o.MaxTTFT = 1 }))
	generate(t, e, 4, sample.Params{}, work[0]) // nothing is measured: it is taken
	_, err := e.Submit(t.Context(), Request{Prompt: work[1], MaxTokens: 2})
	var late *OverloadError
	if !errors.Is(err, ErrOverloaded) || !errors.As(err, &late) || late.Limit != 1 || late.Predicted <= 1 {
		t.Errorf("refused with %v", err)
	}
	if s := e.Stats(); s.RefusedTTFT != 1 || s.RefusedQueue != 0 || s.Waiting != 0 {
		t.Errorf("%d refused for their time, %d for the queue, %d wait", s.RefusedTTFT, s.RefusedQueue, s.Waiting)
	}
	if e.RetryAfter() < time.Second {
		t.Errorf("retry after %v", e.RetryAfter())
	}
	e = start(t, m, nil, options(func(o *Options) { o.MaxTTFT = time.Hour }))
	generate(t, e, 4, sample.Params{}, work...)
	if s := e.Stats(); s.RefusedTTFT != 0 {
		t.Errorf("%d refused within an hour", s.RefusedTTFT)
	}
}

// What cannot be is refused by the name of the option.
func TestBadBatching(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	for want, change := range map[string]func(*Options){
		`batching is "sometimes"`:         func(o *Options) { o.Batching = "sometimes" },
		`preferred_batch is "4,2"`:        func(o *Options) { o.PreferredBatch = "4,2" },
		`preferred_batch is empty`:        func(o *Options) { o.Batching = "dynamic" },
		`prefill_order is "mixed"`:        func(o *Options) { o.PrefillOrder, o.ChunkedPrefill = "mixed", false },
		`prefill_chunk is 8`:              func(o *Options) { o.PrefillChunk, o.ChunkedPrefill = 8, false },
		`queue_order is "random"`:         func(o *Options) { o.QueueOrder = "random" },
		`batch_wait is -1s`:               func(o *Options) { o.BatchWait = -time.Second },
		`max_ttft is -1s`:                 func(o *Options) { o.MaxTTFT = -time.Second },
		`queue_ageing is -1s`:             func(o *Options) { o.QueueAgeing = -time.Second },
		`preferred_batch is [2 16]; want`: func(o *Options) { o.Batching, o.PreferredBatch = "dynamic", "2,16" },
	} {
		if _, err := New(m, nil, nil, options(change), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	e := start(t, m, nil, options(nil))
	for _, weight := range []int{-1, MaxWeight + 1} {
		if _, err := e.Submit(t.Context(), Request{Prompt: []int32{1}, MaxTokens: 1, Weight: weight}); err == nil || !strings.Contains(err.Error(), "weight is") {
			t.Errorf("weight %d: %v", weight, err)
		}
	}
}
