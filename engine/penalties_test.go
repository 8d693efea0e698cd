package engine

import (
	"context"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/sample"
)

var penalised = sample.Params{PresencePenalty: .8, FrequencyPenalty: .3, RepetitionPenalty: 1.2,
	Bias: []sample.Bias{{Token: 10, Add: -100}, {Token: 20, Add: 2}}}

func TestPenaltiesDoNotDependOnSchedulingOrSpeculation(t *testing.T) {
	m, draft, work := loadModel(t, "gopherling-7m"), loadModel(t, "gopherling-2m"), workload(t)[:8]
	if testing.Short() {
		m = draft
	}
	want := generate(t, start(t, m, nil, options(nil)), 40, penalised, work...)
	plain := generate(t, start(t, m, nil, options(nil)), 40, sample.Params{}, work...)
	if slices.EqualFunc(plain, want, slices.Equal) {
		t.Fatal("penalties change nothing: the test tests nothing")
	}
	for _, name := range []string{"batch 1", "small budget", "preemption,reuse"} {
		t.Run(name, func(t *testing.T) {
			sameTokens(t, generate(t, start(t, m, nil, options(variants()[name])), 40, penalised, work...), want)
		})
	}
	for _, name := range []string{"batch 1", "small budget", "preemption,reuse"} {
		t.Run("draft, "+name, func(t *testing.T) {
			o := options(variants()[name])
			o.DraftLength = 3
			e := start(t, m, draft, o)
			sameTokens(t, generate(t, e, 40, penalised, work...), want)
			acceptance(t, e)
		})
	}
}

// TestPenaltiesByHand replays an answer: every token is the most likely one of the reported
// log-probabilities, less what the penalties take off.
func TestPenaltiesByHand(t *testing.T) {
	m, prompt := loadModel(t, "gopherling-2m"), workload(t)[1]
	p := sample.Params{PresencePenalty: 1.5, FrequencyPenalty: .5, Bias: []sample.Bias{{Token: 7, Add: 3}}}
	e := start(t, m, nil, options(nil))
	s, err := e.Submit(context.Background(), Request{Prompt: prompt, MaxTokens: 30, IgnoreEOS: true, Sampling: p, Logprobs: m.Vocab})
	if err != nil {
		t.Fatal(err)
	}
	counts, differ := map[int32]int{}, 0
	for range 30 {
		ev, err := s.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		best, at := float32(0), int32(-1)
		for _, top := range ev.Logprobs[0].Top {
			v := top.Logprob
			if top.Token == 7 {
				v += 3
			}
			if n := counts[top.Token]; n > 0 {
				v -= 1.5 + .5*float32(n)
			}
			if at < 0 || v > best {
				best, at = v, top.Token
			}
		}
		if got := ev.Tokens[0]; got != at {
			t.Fatalf("token %d, want %d", got, at)
		}
		if at != ev.Logprobs[0].Top[0].Token {
			differ++
		}
		counts[at]++
	}
	if differ == 0 {
		t.Error("penalties changed no choice")
	}
}

func TestMinTokens(t *testing.T) {
	m, p := loadModel(t, "gopherling-2m"), workload(t)[0]
	plain := generate(t, start(t, m, nil, options(nil)), 8, sample.Params{}, p)[0]
	e, err := New(m, nil, []int32{plain[0]}, options(nil), nil) // the first token would end the text
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, row := range []struct {
		name      string
		r         Request
		atLeast   int
		unwelcome []int32
	}{
		{"end of text", Request{MinTokens: 5}, 5, plain[:1]},
		{"stop token", Request{MinTokens: 5, StopTokens: []int32{plain[1], 5}}, 5, plain[:2]},
		{"end of text ignored", Request{MinTokens: 5, IgnoreEOS: true, StopTokens: []int32{plain[2]}}, 5, plain[2:3]},
	} {
		row.r.Prompt, row.r.MaxTokens = p, 20
		s, err := e.Submit(context.Background(), row.r)
		if err != nil {
			t.Fatal(err)
		}
		tokens, _ := collect(t, s)
		if len(tokens) < row.atLeast {
			t.Errorf("%s: only %d tokens", row.name, len(tokens))
		}
		for i, token := range tokens[:min(len(tokens), row.atLeast)] {
			if slices.Contains(row.unwelcome, token) {
				t.Errorf("%s: token %d is %d", row.name, i, token)
			}
		}
	}
	idle(t, e)
}
