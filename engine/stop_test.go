package engine

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/sample"
)

func TestStopTokens(t *testing.T) {
	m, draft, p := loadModel(t, "gopherling-7m"), loadModel(t, "gopherling-2m"), workload(t)[0]
	plain := generate(t, start(t, m, nil, options(nil)), 20, sample.Params{}, p)[0]
	want := plain[:slices.Index(plain, plain[9])+1] // up to the first such token
	for _, ignore := range []bool{false, true} {
		e := start(t, m, draft, options(func(o *Options) { o.DraftLength = 4 }))
		s, err := e.Submit(context.Background(), Request{Prompt: p, MaxTokens: 20, StopTokens: []int32{4000, plain[9]}, IgnoreEOS: ignore})
		if err != nil {
			t.Fatal(err)
		}
		if got, finish := collect(t, s); !slices.Equal(got, want) || finish != FinishStop {
			t.Errorf("ignoring end of text %v: %v, finish %q; want %v", ignore, got, finish, want)
		}
		idle(t, e)
	}
}

// TestStopCountsAsStop: whoever finds the end of an answer in its text ends it with Stop.
func TestStopCountsAsStop(t *testing.T) {
	e := start(t, loadModel(t, "gopherling-2m"), nil, options(nil))
	s, err := e.Submit(context.Background(), Request{Prompt: workload(t)[0], MaxTokens: 200, IgnoreEOS: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	s.Close() // comes too late
	for err == nil {
		_, err = s.Next(context.Background())
	}
	if !errors.Is(err, errStopped) {
		t.Errorf("a stopped stream ended with %v", err)
	}
	idle(t, e)
	if f := e.Stats().Finished; f[FinishStop] != 1 || f[FinishAbort] != 0 {
		t.Errorf("finished %v", f)
	}
}

// Whoever has seen the end of an answer finds it in the statistics.
func TestEndedRequestsAreCounted(t *testing.T) {
	e := start(t, loadModel(t, "gopherling-2m"), nil, options(nil))
	for i := range 100 {
		s, err := e.Submit(t.Context(), Request{Prompt: workload(t)[0][:1+i%3], MaxTokens: 1 + i%2, IgnoreEOS: true})
		if err != nil {
			t.Fatal(err)
		}
		for finish := FinishReason(""); finish == ""; {
			ev, err := s.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			finish = ev.Finish
		}
		if s := e.Stats(); s.Finished[FinishLength] != int64(i+1) || s.Running != 0 || s.Blocks.Held != 0 {
			t.Fatalf("%d answers ended, the statistics say %v, %d running, %+v", i+1, s.Finished, s.Running, s.Blocks)
		}
	}
}

func TestStepTokens(t *testing.T) {
	e := start(t, loadModel(t, "gopherling-2m"), nil, options(func(o *Options) { o.TokenBudget = 8 }))
	p := workload(t)[0]
	generate(t, e, 5, sample.Params{}, p)
	s := e.Stats()
	steps := int64(0)
	for _, n := range s.StepTokens.Buckets {
		steps += n
	}
	if steps != s.Steps || s.StepTokens.Sum != int64(len(p)+5) || s.StepTokens.Buckets[0] < 4 {
		t.Errorf("%+v in %d steps, for a prompt of %d", s.StepTokens, s.Steps, len(p))
	}
	var h StepTokens
	h.Buckets = make([]int64, len(StepTokenBounds)+1)
	for _, n := range []int64{0, 1, 2, 8, 9, 16384, 16385} {
		h.observe(n)
	}
	if want := []int64{2, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}; !slices.Equal(h.Buckets, want) {
		t.Errorf("buckets %v, want %v", h.Buckets, want)
	}
}

func TestEventsSayWhenTheRequestStarted(t *testing.T) {
	e := start(t, loadModel(t, "gopherling-2m"), nil, options(nil))
	s, err := e.Submit(context.Background(), Request{Prompt: workload(t)[0], MaxTokens: 2, IgnoreEOS: true})
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if first.Started.IsZero() || !first.Started.Equal(second.Started) || first.At.Before(first.Started) || second.At.Before(first.At) {
		t.Errorf("started %v and %v, at %v and %v", first.Started, second.Started, first.At, second.At)
	}
}
