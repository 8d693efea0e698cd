package experiments

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/workload"
)

func TestCharged(t *testing.T) {
	for _, tc := range []struct {
		r    result.Request
		want int
	}{
		{result.Request{Outcome: result.OK, AskedPrompt: 8, AskedOutput: 4, PromptTokens: 11, OutputTokens: 3}, 14},
		{result.Request{Outcome: result.OK, AskedPrompt: 8, AskedOutput: 4, OutputTokens: 3}, 11},
		{result.Request{Outcome: result.Overloaded, AskedPrompt: 8, AskedOutput: 4}, 0},
		{result.Request{Outcome: result.HTTPError, AskedPrompt: 8, AskedOutput: 4}, 0},
		{result.Request{Outcome: result.Refused, AskedPrompt: 8, AskedOutput: 4}, 0},
		{result.Request{Outcome: result.Reset, AskedPrompt: 8, AskedOutput: 4, OutputTokens: 1}, 12},
		{result.Request{Outcome: result.Timeout, AskedPrompt: 8, AskedOutput: 4, PromptTokens: 10, OutputTokens: 6}, 16},
	} {
		if got := charged(tc.r); got != tc.want {
			t.Errorf("%+v: charged %d, want %d", tc.r, got, tc.want)
		}
	}
}

// attackOf plays an attack in which up to inFlight requests are out at once, and returns what was issued and what it came to.
func attackOf(m *meter, prompts []workload.Prompt, inFlight int, rng *rand.Rand, excess float64) (issued, tokens int) {
	var out []int
	stopped := false
	for {
		for !stopped && issued < len(prompts) && len(out) < inFlight {
			out = append(out, issued)
			issued++
		}
		if len(out) == 0 {
			return issued, tokens
		}
		k := rng.IntN(len(out))
		seq := out[k]
		out = append(out[:k], out[k+1:]...)
		p := prompts[seq]
		r := result.Request{Seq: uint64(seq), Outcome: result.OK, AskedPrompt: len(p.Tokens), AskedOutput: p.MaxTokens,
			PromptTokens: int(float64(len(p.Tokens)) * excess), OutputTokens: 1 + rng.IntN(p.MaxTokens)}
		tokens += r.PromptTokens + r.OutputTokens
		stopped = m.Ended(r, issued) != "" || stopped
	}
}

// Whatever the answers are, a server that counts as we do is never asked for more than the budget, and all of it is used where
// one request more would go over.
func TestMeterKeepsToTheBudget(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	stops := 0
	for range 300 {
		var prompts []workload.Prompt
		for range 40 {
			prompts = append(prompts, workload.Prompt{Tokens: make([]int32, 1+rng.IntN(30)), MaxTokens: 1 + rng.IntN(20)})
		}
		s := &spending{Budget: Budget{Tokens: 400 + rng.IntN(600)}}
		inFlight := 1 + rng.IntN(4)
		issued, tokens := attackOf(s.meter(prompts), prompts, inFlight, rng, 1)
		if tokens != s.tokens || tokens > s.Tokens {
			t.Fatalf("budget %d: %d tokens, %d counted, %d requests", s.Tokens, tokens, s.tokens, issued)
		}
		if (s.over != nil) != (issued < 40) {
			t.Fatalf("%d issued, and it says %v", issued, s.over)
		}
		if s.over != nil {
			stops++
			if left := s.Tokens - tokens; left > 4*51 {
				t.Fatalf("stopped with %d tokens left", left)
			}
		}
	}
	if stops < 50 {
		t.Errorf("only %d of 300 attacks reached their budget", stops)
	}
}

// A tokenizer that counts more is caught by what it says it counted.
func TestMeterOfAnotherTokenizer(t *testing.T) {
	prompts := make([]workload.Prompt, 100)
	for i := range prompts {
		prompts[i] = workload.Prompt{Tokens: make([]int32, 10), MaxTokens: 2}
	}
	s := &spending{Budget: Budget{Tokens: 1200}}
	issued, tokens := attackOf(s.meter(prompts), prompts, 1, rand.New(rand.NewPCG(1, 2)), 3)
	if issued >= 100 || tokens > 1200 || s.over == nil || !strings.Contains(s.over.Error(), "stopped at the budget of 1200 tokens") {
		t.Errorf("%d issued, %d tokens: %v", issued, tokens, s.over)
	}
	if again := s.meter(prompts); again.Ended(result.Request{Outcome: result.OK}, 1) == "" {
		t.Error("a second attack goes on")
	}
}

func TestMeterOfRequests(t *testing.T) {
	prompts := make([]workload.Prompt, 10)
	s := &spending{Budget: Budget{Requests: 13}}
	if issued, _ := attackOf(s.meter(nonEmpty(prompts)), nonEmpty(prompts), 2, rand.New(rand.NewPCG(1, 2)), 1); issued != 10 || s.over != nil {
		t.Fatalf("%d issued: %v", issued, s.over)
	}
	issued, _ := attackOf(s.meter(nonEmpty(prompts)), nonEmpty(prompts), 2, rand.New(rand.NewPCG(1, 2)), 1)
	if issued != 3 || s.requests != 13 || s.over == nil {
		t.Errorf("%d issued, %d in all: %v", issued, s.requests, s.over)
	}
}

func nonEmpty(prompts []workload.Prompt) []workload.Prompt {
	for i := range prompts {
		prompts[i] = workload.Prompt{Tokens: make([]int32, 1), MaxTokens: 1}
	}
	return prompts
}

// chatty is a Halt that keeps what it hears.
type chatty struct {
	heard int
	says  string
}

func (c *chatty) Ended(result.Request, int) string { c.heard++; return c.says }

func TestHalts(t *testing.T) {
	a, b, c := &chatty{}, &chatty{says: "b"}, &chatty{says: "c"}
	if got := (halts{a, b, c}).Ended(result.Request{}, 1); got != "b" || a.heard != 1 || c.heard != 1 {
		t.Errorf("%q, heard %d and %d", got, a.heard, c.heard)
	}
}
