package engine

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/sample"
)

// scorePrompt returns the first event of a request, which has the prompt's log-probabilities.
func scorePrompt(t *testing.T, e *Engine, r Request) Event {
	t.Helper()
	s, err := e.Submit(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	ev, err := s.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for ev.Finish == "" {
		next, err := s.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if next.Prompt != nil {
			t.Error("the prompt's log-probabilities come twice")
		}
		ev.Finish = next.Finish
	}
	idle(t, e)
	return ev
}

// TestPromptLogprobsAreEvals holds the engine's scoring of a prompt against engine/eval, which
// has its own loop over the model, under every schedule.
func TestPromptLogprobsAreEvals(t *testing.T) {
	m := loadModel(t, "gopherling-2m")
	var text []int32
	for _, p := range workload(t) {
		text = append(text, p...)
	}
	text = text[:200]
	subject := eval.Subject{Model: m, KVFormat: "f32", AsPrompt: true}
	values, err := eval.Compare(context.Background(), eval.Comparison{Reference: subject, Subjects: []eval.Subject{subject},
		Windows: []eval.Window{{Tokens: text}}, BOS: -1, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range variants() {
		t.Run(name, func(t *testing.T) {
			e := start(t, m, nil, options(change))
			for _, r := range []Request{{MaxTokens: 0}, {MaxTokens: 3}, {MaxTokens: 3}} { // the last time, the prompt is cached
				r.Prompt, r.PromptLogprobs, r.IgnoreEOS = text, 2, true
				ev := scorePrompt(t, e, r)
				if ev.Cached != 0 || ev.Finish != FinishLength || len(ev.Tokens) != min(1, r.MaxTokens) || len(ev.Prompt) != len(text)-1 {
					t.Fatalf("%d cached, finish %q, %d tokens, %d of the prompt", ev.Cached, ev.Finish, len(ev.Tokens), len(ev.Prompt))
				}
				for i, got := range ev.Prompt {
					if got.Token != text[i+1] || math.Abs(float64(got.Logprob)+values[0].NLL[i]) > 1e-5 || len(got.Top) != 2 {
						t.Fatalf("token %d: %+v, want token %d at %v", i+1, got, text[i+1], -values[0].NLL[i])
					}
				}
			}
			if name == "preemption" {
				return
			}
			if s := e.Stats(); s.PrefillOps == 0 || s.PromptTokens != int64(3*len(text)) {
				t.Errorf("%d prompt tokens, %d multiply-adds", s.PromptTokens, s.PrefillOps)
			}
		})
	}
}

// TestScoringDisturbsNobody: answers beside requests that score their prompts are what they
// are alone, and so are the answers and scores of those.
func TestScoringDisturbsNobody(t *testing.T) {
	m, work := loadModel(t, "gopherling-2m"), workload(t)[:6]
	calm := start(t, m, nil, options(nil))
	want := generate(t, calm, 30, sample.Params{}, work...)
	scores := make([][]TokenLogprobs, len(work))
	for i := 1; i < len(work); i += 2 {
		scores[i] = scorePrompt(t, calm, Request{Prompt: work[i], PromptLogprobs: -1}).Prompt
	}
	for _, name := range []string{"small budget", "preemption,reuse", "whole prompts"} {
		t.Run(name, func(t *testing.T) {
			e := start(t, m, nil, options(variants()[name]))
			streams := make([]*Stream, len(work))
			for i, p := range work {
				r := Request{Prompt: p, MaxTokens: 30, IgnoreEOS: true, PromptLogprobs: -(i % 2)}
				s, err := e.Submit(context.Background(), r)
				if err != nil {
					t.Fatal(err)
				}
				streams[i] = s
			}
			for i, s := range streams {
				first, err := s.Next(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				rest, _ := collect(t, s)
				if got := append(first.Tokens, rest...); !slices.Equal(got, want[i]) {
					t.Errorf("request %d: %v, want %v", i, got, want[i])
				}
				if !reflect.DeepEqual(first.Prompt, scores[i]) {
					t.Errorf("request %d: scores %v, want %v", i, first.Prompt, scores[i])
				}
			}
			idle(t, e)
		})
	}
}

// TestScoredRows: the logits of one step stay within bounds for any vocabulary.
func TestScoredRows(t *testing.T) {
	for vocabulary, want := range map[int]int{4096: 4096, 262144: 64, 1 << 30: 1} {
		if got := scoredRows(vocabulary); got != want {
			t.Errorf("vocabulary of %d: %d rows, want %d", vocabulary, got, want)
		}
	}
}

// unlessRaced skips a test of one request after the other in the short tests, which are for the race detector.
func unlessRaced(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("nothing in it happens at the same time")
	}
}
