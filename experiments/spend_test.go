package experiments

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/loadgen/corpus"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/workload"
)

func micro(n int64) money.Amount { return money.New(n, -6, "USD") }

// list is a price list on which a token costs so many millionths.
func list(input, cached, written, output int64) *price.API {
	return &price.API{Row: price.Row{Name: "list", Currency: "USD"},
		Rates: price.Rates{Input: money.New(input, 0, "USD"), CachedInput: money.New(cached, 0, "USD"), CacheWrite: money.New(written, 0, "USD"), Output: money.New(output, 0, "USD")}}
}

func TestCharged(t *testing.T) {
	most := micro(1000)
	for _, tc := range []struct {
		r      result.Request
		tokens int
		cost   int64 // millionths, at 2, 1, 3 and 10 for a token
	}{
		{result.Request{Outcome: result.OK, AskedPrompt: 8, AskedOutput: 4, PromptTokens: 11, OutputTokens: 3}, 14, 2*11 + 10*3},
		{result.Request{Outcome: result.OK, PromptTokens: 11, CachedTokens: 4, Written: 5, OutputTokens: 3}, 14, 2*2 + 4 + 3*5 + 10*3},
		{result.Request{Outcome: result.OK, PromptTokens: 4, CachedTokens: 9, Written: 9, OutputTokens: 1}, 5, 4 + 10}, // counts that cannot be
		{result.Request{Outcome: result.OK, AskedPrompt: 8, AskedOutput: 4, OutputTokens: 3}, 11, 1000},                // no usage
		{result.Request{Outcome: result.OK, PromptTokens: 900, OutputTokens: 300}, 1200, 2*900 + 10*300},               // more than it may have come to
		{result.Request{Outcome: result.Overloaded, AskedPrompt: 8, AskedOutput: 4}, 0, 0},
		{result.Request{Outcome: result.HTTPError, AskedPrompt: 8, AskedOutput: 4}, 0, 0},
		{result.Request{Outcome: result.Refused, AskedPrompt: 8, AskedOutput: 4}, 0, 0},
		{result.Request{Outcome: result.Reset, AskedPrompt: 8, AskedOutput: 4, OutputTokens: 1}, 12, 1000},
		{result.Request{Outcome: result.StreamErr, AskedPrompt: 8, AskedOutput: 4, PromptTokens: 10, OutputTokens: 6}, 16, 1000},
		{result.Request{Outcome: result.Timeout, AskedPrompt: 8, AskedOutput: 4, PromptTokens: 600, OutputTokens: 6}, 606, 1260},
	} {
		if got := charged(tc.r); got != tc.tokens {
			t.Errorf("%+v: charged %d tokens, want %d", tc.r, got, tc.tokens)
		}
		s := &spending{price: list(2, 1, 3, 10)}
		if got := s.cost(tc.r, most); got.Cmp(micro(tc.cost)) != 0 || got.Currency() != "USD" {
			t.Errorf("%+v: costs %s, want %s", tc.r, got.Named(), micro(tc.cost).Named())
		}
		if got := (&spending{}).cost(tc.r, most); got.Sign() != 0 {
			t.Errorf("%+v: costs %s without a price", tc.r, got.Named())
		}
	}
}

// playAttack is an attack in which up to inFlight requests are out at once. answers says what comes of each.
func playAttack(m *meter, n, inFlight int, rng *rand.Rand, answer func(seq int) result.Request) (issued int) {
	var out []int
	stopped := false
	for {
		for !stopped && issued < n && len(out) < inFlight {
			if m.May(issued) != "" {
				stopped = true
				break
			}
			out = append(out, issued)
			issued++
		}
		if len(out) == 0 {
			return issued
		}
		k := rng.IntN(len(out))
		r := answer(out[k])
		r.Seq = uint64(out[k])
		m.Settle(r)
		out = append(out[:k], out[k+1:]...)
	}
}

func drawnPrompts(rng *rand.Rand, n int) (prompts []workload.Prompt) {
	for range n {
		tokens := 1 + rng.IntN(30)
		prompts = append(prompts, workload.Prompt{Tokens: make([]int32, tokens), Text: strings.Repeat("word", tokens), MaxTokens: 1 + rng.IntN(20)})
	}
	return prompts
}

// answered is an answer by a server that counts so many times as many tokens of a prompt as we do.
func answered(p workload.Prompt, rng *rand.Rand, excess float64) result.Request {
	return result.Request{Outcome: result.OK, AskedPrompt: len(p.Tokens), AskedOutput: p.MaxTokens, PromptTokens: int(float64(len(p.Tokens)) * excess), OutputTokens: 1 + rng.IntN(p.MaxTokens)}
}

// Whatever the answers are, a server that counts as we do is never asked for more tokens than the budget, and all of it is used
// but for what the requests that are refused could have come to.
func TestMeterKeepsToTheTokens(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	stops := 0
	for range 300 {
		prompts := drawnPrompts(rng, 40)
		s := &spending{bound: Budget{Tokens: 400 + rng.IntN(600)}}
		sum := 0
		issued := playAttack(s.meter(prompts), 40, 1+rng.IntN(4), rng, func(seq int) result.Request {
			r := answered(prompts[seq], rng, 1)
			sum += r.PromptTokens + r.OutputTokens
			return r
		})
		if got := s.spent(); sum != got.Tokens || sum > s.bound.Tokens || got.Requests != issued || s.open != (Budget{}) {
			t.Fatalf("budget %d: %d tokens, %+v counted, %d requests", s.bound.Tokens, sum, got, issued)
		}
		if (s.overspent() != nil) != (issued < 40) {
			t.Fatalf("%d issued, and it says %v", issued, s.overspent())
		}
		if s.overspent() != nil {
			stops++
			if left := s.bound.Tokens - sum; left > 4*51 {
				t.Fatalf("stopped with %d tokens left", left)
			}
		}
	}
	if stops < 50 {
		t.Errorf("only %d of 300 attacks reached their budget", stops)
	}
}

// No server can be made to charge more than the cap, however it counts a prompt (up to a token for each byte), whatever of it is
// cached, and whichever answers break: a broken one may have cost all that it could.
func TestMeterKeepsToTheMoney(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	stops, used := 0, 0.0
	for range 300 {
		prompts := drawnPrompts(rng, 40)
		s := &spending{bound: Budget{Money: micro(4000 + rng.Int64N(12000))}, price: list(2, 1, 3, 10)}
		real := micro(0) // what the server charges
		m := s.meter(prompts)
		playAttack(m, 40, 1+rng.IntN(6), rng, func(seq int) result.Request {
			p := prompts[seq]
			r := answered(p, rng, 1)
			r.PromptTokens = 1 + rng.IntN(len(p.Text)+perPrompt)
			r.CachedTokens = rng.IntN(r.PromptTokens + 1)
			r.Written = rng.IntN(r.PromptTokens - r.CachedTokens + 1)
			real = real.Add(s.price.Cost(tokensOf(r)))
			if rng.IntN(5) == 0 { // it breaks off, and nobody says what it came to
				r.Outcome, r.PromptTokens, r.CachedTokens, r.Written, r.OutputTokens = result.Reset, 0, 0, 0, 0
			}
			return r
		})
		if got := s.spent().Money; got.Cmp(real) < 0 || got.Cmp(s.bound.Money) > 0 {
			t.Fatalf("cap %s: %s were charged, %s counted", s.bound.Money.Named(), real.Named(), got.Named())
		}
		if s.overspent() != nil {
			stops++
			used += s.spent().Money.Float() / s.bound.Money.Float()
			if why := s.overspent().Error(); !strings.Contains(why, "stopped at the budget of "+s.bound.Money.Exact()) || !strings.Contains(why, "by the list") {
				t.Fatal(why)
			}
		}
	}
	if stops < 100 || used/float64(stops) < .6 {
		t.Errorf("%d of 300 attacks reached their cap, and used %.2f of it on average", stops, used/float64(stops))
	}
}

// A tokenizer that counts more is caught by what it says it counted; a later attack on the same server does not begin.
func TestMeterOfAnotherTokenizer(t *testing.T) {
	prompts := make([]workload.Prompt, 100)
	for i := range prompts {
		prompts[i] = workload.Prompt{Tokens: make([]int32, 10), MaxTokens: 2}
	}
	s := &spending{bound: Budget{Tokens: 1200}}
	rng := rand.New(rand.NewPCG(1, 2))
	issued := playAttack(s.meter(prompts), 100, 1, rng, func(seq int) result.Request { return answered(prompts[seq], rng, 3) })
	if tokens := s.spent().Tokens; issued >= 100 || tokens > 1200 || s.overspent() == nil || !strings.Contains(s.overspent().Error(), "stopped at the budget of 1200 tokens") {
		t.Errorf("%d issued, %d tokens: %v", issued, tokens, s.overspent())
	}
	if s.meter(prompts).May(0) == "" {
		t.Error("a second attack goes on")
	}
}

func TestMeterOfRequests(t *testing.T) {
	prompts := make([]workload.Prompt, 10)
	for i := range prompts {
		prompts[i] = workload.Prompt{Tokens: make([]int32, 1), MaxTokens: 1}
	}
	s := &spending{bound: Budget{Requests: 13}}
	rng := rand.New(rand.NewPCG(1, 2))
	answer := func(int) result.Request { return result.Request{Outcome: result.Overloaded} } // which count all the same
	if issued := playAttack(s.meter(prompts), 10, 2, rng, answer); issued != 10 || s.overspent() != nil {
		t.Fatalf("%d issued: %v", issued, s.overspent())
	}
	if issued := playAttack(s.meter(prompts), 10, 2, rng, answer); issued != 3 || s.spent().Requests != 13 || s.overspent() == nil {
		t.Errorf("%d issued, %d in all: %v", issued, s.spent().Requests, s.overspent())
	}
}

// A prompt is bounded by the bytes of all that is said in it, and a turn by what the turns before may have been answered.
func TestMostTokens(t *testing.T) {
	chat := workload.Prompt{Text: "ignored where there are messages", Messages: []corpus.Message{{Role: "system", Content: "aé"}, {Role: "user", Content: "bcd"}}}
	said := strings.Repeat("x", 100)
	prompts := []workload.Prompt{
		{Text: "twelve bytes"}, chat,
		{Text: said, MaxTokens: 300, Turn: 1},
		{Text: said + "y" + "new words", New: "new words", MaxTokens: 7, Turn: 2, After: 2},
		{Text: said + strings.Repeat("z", 5000), New: "z", Turn: 3, After: 3},
	}
	first := int64(100 + perMessage + perPrompt + 5)
	second := first + 2*300 + 9 + 2*perMessage
	want := []int64{12 + perMessage + perPrompt + 5, 3 + 3 + 2*perMessage + perPrompt + 5, first, second, 5100 + perMessage + perPrompt + 5}
	for i, got := range mostTokens(prompts, 5) {
		if got != want[i] {
			t.Errorf("prompt %d: %d tokens, want %d", i, got, want[i])
		}
	}
	if n := sizeOf(map[string]any{"reasoning": map[string]any{"effort": "low"}}); n != len(`{"reasoning":{"effort":"low"}}`) || sizeOf(nil) != 0 {
		t.Errorf("%d bytes", n)
	}
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
