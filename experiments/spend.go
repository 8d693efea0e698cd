package experiments

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/workload"
)

// Budget bounds what a server is asked in a whole run, warm-ups included; or it is what a server was asked. A bound of nothing is
// none.
type Budget struct {
	Requests int          `json:"requests,omitempty"`
	Tokens   int          `json:"tokens,omitempty"` // of prompts and answers
	Money    money.Amount `json:"money,omitzero"`   // by the price list
}

func (b Budget) plus(c Budget) Budget {
	return Budget{b.Requests + c.Requests, b.Tokens + c.Tokens, b.joined(c, money.Amount.Add)}
}

func (b Budget) minus(c Budget) Budget {
	return Budget{b.Requests - c.Requests, b.Tokens - c.Tokens, b.joined(c, money.Amount.Sub)}
}

// joined is the money of both; that of what is not priced stays none.
func (b Budget) joined(c Budget, how func(a, b money.Amount) money.Amount) money.Amount {
	if b.Money.Currency() == "" && c.Money.Currency() == "" {
		return money.Amount{}
	}
	return how(b.Money, c.Money)
}

// times is what n requests come to that each come to b.
func (b Budget) times(n int) Budget {
	if b.Money.Currency() != "" {
		b.Money = b.Money.Mul(int64(n))
	}
	return Budget{b.Requests * n, b.Tokens * n, b.Money}
}

// none says that nothing is bounded.
func (b Budget) none() bool { return b.Requests == 0 && b.Tokens == 0 && b.Money.Sign() == 0 }

// broken says which of the bounds more would break, "" where it keeps to all of them.
func (b Budget) broken(more Budget) string {
	switch {
	case b.Requests > 0 && more.Requests > b.Requests:
		return fmt.Sprintf("%d requests", b.Requests)
	case b.Tokens > 0 && more.Tokens > b.Tokens:
		return fmt.Sprintf("%d tokens", b.Tokens)
	case b.Money.Sign() > 0 && more.Money.Cmp(b.Money) > 0:
		return b.Money.Exact()
	}
	return ""
}

// words are what was asked, in a few words.
func (b Budget) words() string {
	s := fmt.Sprintf("%d requests and %d tokens", b.Requests, b.Tokens)
	if b.Money.Currency() != "" {
		s += " (" + b.Money.Exact() + " by the list)"
	}
	return s
}

// BudgetError says why a run is not begun, or goes no further.
type BudgetError struct{ Reason string }

func (e *BudgetError) Error() string { return e.Reason }

// spending is what a run has asked of one server so far. What a request may come to at most is set aside before it is sent and
// settled when it has ended, so that the bounds hold at every instant, whatever is under way.
//
// It is safe for concurrent use: the schedule asks, and whoever receives answers settles.
type spending struct {
	bound Budget
	price *price.API // nil where nothing is priced
	extra int        // bytes that every request has besides its prompt, as part of which they may be counted

	mu    sync.Mutex
	ended Budget // of requests that ended, in this run and in what it resumes
	open  Budget // of those in flight, at most
	over  error

	setAside Budget // that the trial under way may come to, whatever is left
}

func newSpending(x *scenario.Target) *spending {
	s := &spending{bound: budgetOf(x), price: x.API(), extra: sizeOf(x.Body)}
	if s.price != nil {
		s.ended.Money = money.Zero(s.price.Currency)
	}
	return s
}

// counts says whether there is a bound to keep to, or a price to add up by.
func (s *spending) counts() bool { return !s.bound.none() || s.price != nil }

// spent is what requests that ended came to.
func (s *spending) spent() Budget {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// overspent is why no further request is sent, nil while there may be one.
func (s *spending) overspent() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

// meter holds one attack to what is left.
type meter struct {
	*spending
	most    []Budget // that each request may come to, however the server counts its prompt
	counted Budget   // that all may come to by our count of prompts
}

var _ loadgen.Permit = (*meter)(nil)

func (s *spending) meter(prompts []workload.Prompt) *meter {
	m := &meter{spending: s, most: make([]Budget, len(prompts))}
	tokens := mostTokens(prompts, s.extra)
	for i, p := range prompts {
		m.most[i] = s.request(len(p.Tokens), p.MaxTokens)
		m.counted = m.counted.plus(m.most[i])
		if s.price != nil {
			m.most[i].Money = s.price.Most(tokens[i], int64(p.MaxTokens))
		}
	}
	return m
}

// request is what one of so many tokens comes to at most, as they are counted here.
func (s *spending) request(prompt, output int) Budget {
	b := Budget{Requests: 1, Tokens: prompt + output}
	if s.price != nil {
		b.Money = s.price.Most(int64(prompt), int64(output))
	}
	return b
}

// all is what every request of the attack may come to at most.
func (m *meter) all() (sum Budget) {
	for _, b := range m.most {
		sum = sum.plus(b)
	}
	return sum
}

// What a prompt may be counted as, besides its text.
const (
	perMessage = 16 // marks around each message that a chat template adds
	perPrompt  = 64 // what it adds once
)

// mostTokens bounds what any tokenizer can count each prompt as: none makes more tokens of a text than it has bytes. A turn that
// says again what the server answered is as long as the turns before may make it, an answer counting twice what it was allowed,
// since it is tokenized again. What every request has beside its prompt counts with it.
func mostTokens(prompts []workload.Prompt, extra int) []int64 {
	all := make([]int64, len(prompts))
	for i, p := range prompts {
		n := len(p.Text) + perMessage
		if p.Messages != nil {
			n = 0
			for _, m := range p.Messages {
				n += len(m.Content) + perMessage
			}
		}
		all[i] = int64(n + perPrompt + extra)
		if p.Turn > 1 {
			all[i] = max(all[i], all[p.After]+int64(2*prompts[p.After].MaxTokens+len(p.New)+2*perMessage))
		}
	}
	return all
}

// sizeOf is how many bytes the further members of requests' bodies are.
func sizeOf(body map[string]any) int {
	if len(body) == 0 {
		return 0
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return 0 // then no request can be encoded either
	}
	return len(raw)
}

// May implements loadgen.Permit: it sets aside what the request may come to, or says that there is not as much left.
func (m *meter) May(seq int) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over == nil {
		next := m.open.plus(m.most[seq])
		if limit := m.bound.broken(m.ended.plus(next)); limit != "" {
			m.over = &BudgetError{fmt.Sprintf("stopped at the budget of %s: %s are spent, and the next request could go over", limit, m.ended.plus(m.open).words())}
		} else {
			m.open = next
		}
	}
	if m.over != nil {
		return m.over.Error()
	}
	return ""
}

// Settle implements loadgen.Permit.
func (m *meter) Settle(r result.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	most := m.most[r.Seq]
	m.open = m.open.minus(most)
	m.ended = m.ended.plus(Budget{1, charged(r), m.cost(r, most.Money)})
}

// cost is what a request costs by the list: by the server's counts where it was answered and they are there, nothing where it was
// turned away, and else the most that it may have come to.
func (s *spending) cost(r result.Request, most money.Amount) money.Amount {
	switch {
	case s.price == nil:
		return money.Amount{}
	case turnedAway(r):
		return money.Zero(s.price.Currency)
	}
	counted := s.price.Cost(tokensOf(r))
	if (r.Outcome != result.OK || r.PromptTokens == 0) && counted.Cmp(most) < 0 {
		return most
	}
	return counted
}

// tokensOf are the server's counts, by what is charged for each.
func tokensOf(r result.Request) price.Tokens {
	cached := min(r.CachedTokens, r.PromptTokens)
	written := min(r.Written, r.PromptTokens-cached)
	return price.Tokens{Input: int64(r.PromptTokens - cached - written), Cached: int64(cached), CacheWrite: int64(written), Output: int64(r.OutputTokens), Prompt: int64(r.PromptTokens)}
}

// turnedAway says that the server did no work for a request.
func turnedAway(r result.Request) bool {
	return r.Outcome == result.Refused || r.Outcome == result.Overloaded || r.Outcome == result.HTTPError
}

// charged is what a request may be billed as, in tokens: as counted where it was answered, nothing where it was turned away, and
// else as much as it asked for, since nobody tells what a broken answer costs.
func charged(r result.Request) int {
	switch {
	case turnedAway(r):
		return 0
	case r.Outcome == result.OK:
		prompt := r.PromptTokens
		if prompt == 0 {
			prompt = r.AskedPrompt
		}
		return prompt + r.OutputTokens
	}
	return max(r.PromptTokens, r.AskedPrompt) + max(r.OutputTokens, r.AskedOutput)
}

// halts are asked in turn; all of them hear of every request.
type halts []loadgen.Halt

// Ended implements loadgen.Halt.
func (h halts) Ended(r result.Request, issued int) (reason string) {
	for _, one := range h {
		if why := one.Ended(r, issued); reason == "" {
			reason = why
		}
	}
	return reason
}
