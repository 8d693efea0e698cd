package eval_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/eval"
)

// Each continuation scored with others, over the shared blocks of its context, has to
// the bit the log-probability of the same tokens in a window of their own, as a prompt.
func TestChoicesAreWindows(t *testing.T) {
	m := load(t, "gopherling-2m")
	ids := windows(t, "gopherling-2m", 1)[0].IDs
	for _, kv := range []string{"f32", "q8_0"} {
		s := eval.Subject{Model: m, KVFormat: kv, AsPrompt: true}
		var items []eval.Choice
		for _, n := range []int{1, 2, 32, 33, 64, 100} { // around the ends of blocks
			items = append(items, eval.Choice{Context: ids[:n], Continuations: [][]int32{ids[n : n+1], ids[n : n+40], ids[7:12], ids[300:310]}})
		}
		done := 0
		got, err := eval.Choices(context.Background(), s, items, 2, func(n int) { done = n })
		if err != nil || done != len(items) {
			t.Fatalf("%d of %d items, error %v", done, len(items), err)
		}
		for i, item := range items {
			for k, tokens := range item.Continuations {
				alone, err := compare(s, []eval.Subject{s}, slices.Concat(item.Context, tokens))
				if err != nil {
					t.Fatal(err)
				}
				want := 0.0
				for _, nll := range alone[0].NLL[len(item.Context)-1:] {
					want -= nll
				}
				if d := math.Abs(got[i].LogProb[k] - want); d > 1e-5 {
					t.Errorf("%s cache, item %d, choice %d: %.7f, in a window %.7f", kv, i, k, got[i].LogProb[k], want)
				}
			}
		}
	}
}

type prompt struct {
	IDs    []int32
	Greedy []int32
	Gap    []float64
}

func prompts(t *testing.T, name string) []prompt {
	data, err := os.ReadFile("../testdata/reference-" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var r struct{ Prompts []prompt }
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r.Prompts
}

// Sixteen prompts share eight slots: every one is continued as PyTorch continues it,
// up to the first step where its two best choices are too close to tell.
func TestGenerateAgainstPyTorch(t *testing.T) {
	m := load(t, "gopherling-2m")
	all := prompts(t, "gopherling-2m")
	var in []eval.Prompt
	for i, p := range all {
		in = append(in, eval.Prompt{Tokens: p.IDs, Max: 20 + i})
	}
	done := 0
	got, err := eval.Generate(context.Background(), eval.Subject{Model: m, KVFormat: "f32"}, in, nil, 2, func(n int) { done = n })
	if err != nil || done != len(in) {
		t.Fatalf("%d of %d prompts, error %v", done, len(in), err)
	}
	compared := 0
	for i, c := range got {
		if c.Finish != eval.FinishLength || len(c.Tokens) != in[i].Max {
			t.Errorf("prompt %d: %d tokens, finish %q", i, len(c.Tokens), c.Finish)
		}
		sure := len(c.Tokens)
		if at := slices.IndexFunc(all[i].Gap, func(gap float64) bool { return gap < 1e-3 }); at >= 0 {
			sure = min(sure, at)
		}
		compared += sure
		if !slices.Equal(c.Tokens[:sure], all[i].Greedy[:sure]) {
			t.Errorf("prompt %d: %v, PyTorch %v", i, c.Tokens[:sure], all[i].Greedy[:sure])
		}
	}
	if compared < 200 {
		t.Errorf("only %d tokens were sure enough to compare", compared)
	}
}

func TestGenerateStops(t *testing.T) {
	m := load(t, "gopherling-2m")
	s := eval.Subject{Model: m, KVFormat: "f32"}
	p := prompts(t, "gopherling-2m")[0]
	in := []eval.Prompt{
		{Tokens: p.IDs, Max: 10, Stop: func(g []int32) bool { return len(g) == 3 }},
		{Tokens: p.IDs, Max: 1},
		{Tokens: p.IDs, Max: 10, Stop: func(g []int32) bool { return true }},
	}
	got, err := eval.Generate(context.Background(), s, in, nil, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []eval.Completion{{Tokens: p.Greedy[:3], Finish: eval.FinishStop}, {Tokens: p.Greedy[:1], Finish: eval.FinishLength}, {Tokens: p.Greedy[:1], Finish: eval.FinishStop}} {
		if !slices.Equal(got[i].Tokens, want.Tokens) || got[i].Finish != want.Finish {
			t.Errorf("prompt %d: %+v, want %+v", i, got[i], want)
		}
	}
	ended, err := eval.Generate(context.Background(), s, in[:1], []int32{p.Greedy[1]}, 1, nil)
	if err != nil || ended[0].Finish != eval.FinishEnd || !slices.Equal(ended[0].Tokens, p.Greedy[:slices.Index(p.Greedy, p.Greedy[1])]) {
		t.Errorf("an end token: %+v, error %v", ended, err)
	}
}

func TestItemsRefused(t *testing.T) {
	m := load(t, "gopherling-2m")
	s := eval.Subject{Model: m, KVFormat: "f32"}
	one, long := []int32{1}, make([]int32, m.Context)
	for _, c := range []struct {
		name string
		item eval.Choice
		says string
	}{
		{"no context", eval.Choice{Continuations: [][]int32{one}}, "item 1 has an empty context"},
		{"no choices", eval.Choice{Context: one}, "nothing to choose from"},
		{"no tokens", eval.Choice{Context: one, Continuations: [][]int32{one, nil}}, "item 1: choice 2 has no tokens"},
		{"too long", eval.Choice{Context: long, Continuations: [][]int32{{1, 2}}}, "expected at most 1024"},
	} {
		if _, err := eval.Choices(context.Background(), s, []eval.Choice{c.item}, 1, nil); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
	for _, p := range []eval.Prompt{{Max: 1}, {Tokens: one}, {Tokens: long, Max: 2}} {
		if _, err := eval.Generate(context.Background(), s, []eval.Prompt{p}, nil, 1, nil); err == nil {
			t.Errorf("a prompt of %d tokens and at most %d to generate: no error", len(p.Tokens), p.Max)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := eval.Choices(ctx, s, []eval.Choice{{Context: one, Continuations: [][]int32{one}}}, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled choices: %v", err)
	}
	if _, err := eval.Generate(ctx, s, []eval.Prompt{{Tokens: one, Max: 1}}, nil, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled generation: %v", err)
	}
}
