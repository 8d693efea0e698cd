package experiments

import (
	"fmt"

	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/workload"
)

// Budget bounds what a server is asked in a whole run, warm-ups included. A bound of 0 is none.
type Budget struct {
	Requests int
	Tokens   int // of prompts and answers
}

// BudgetError says why a run is not begun, or goes no further.
type BudgetError struct{ Reason string }

func (e *BudgetError) Error() string { return e.Reason }

// Worst is the most that the plan can ask for: every request as long as its load lets it be, by our count of tokens.
func (p *Plan) Worst() Budget {
	var b Budget
	for _, l := range p.Matrix.Loads {
		n := (l.Record.Requests + l.Record.Warmup) * p.Scenario.Run.Repetitions
		b.Requests += n
		b.Tokens += n * l.Workload.Longest()
	}
	return b
}

// Affordable refuses a plan that may exceed the budget of r, or that needs one and has none. It sends nothing.
func (p *Plan) Affordable(r Remote) error {
	worst, b := p.Worst(), r.Budget
	sent := fmt.Sprintf("it may send %d requests and up to %d tokens of prompts and answers, by the count of %s", worst.Requests, worst.Tokens, p.Scenario.Model)
	switch {
	case r.Server.Paid() && b == Budget{}:
		return &BudgetError{"a run against " + r.Server.Base + " is paid for and has no bound: " + sent + "; give a budget of requests (--budget-requests), of tokens (--budget-tokens) or of both"}
	case b.Requests > 0 && worst.Requests > b.Requests:
		return &BudgetError{fmt.Sprintf("the budget is %d requests, and the run does not keep to it: %s", b.Requests, sent)}
	case b.Tokens > 0 && worst.Tokens > b.Tokens:
		return &BudgetError{fmt.Sprintf("the budget is %d tokens, and the run may not keep to it: %s", b.Tokens, sent)}
	}
	return nil
}

// spending is what a run has asked for so far.
type spending struct {
	Budget
	requests, tokens int // of requests that ended
	over             error
}

// meter holds one attack to what is left. It is asked as each request ends: what is in flight counts as much as it may
// come to, so that no request is sent that could go over.
type meter struct {
	*spending
	upTo  []int // tokens that the first i requests may come to
	ended int   // of those that ended
	done  int
}

var _ loadgen.Halt = (*meter)(nil)

func (s *spending) meter(prompts []workload.Prompt) *meter {
	m := &meter{spending: s, upTo: make([]int, len(prompts)+1)}
	for i, p := range prompts {
		m.upTo[i+1] = m.upTo[i] + len(p.Tokens) + p.MaxTokens
	}
	return m
}

// Ended implements loadgen.Halt.
func (m *meter) Ended(r result.Request, issued int) string {
	m.requests++
	m.tokens += charged(r)
	m.ended += m.upTo[r.Seq+1] - m.upTo[r.Seq]
	m.done++
	next := min(issued+1, len(m.upTo)-1)
	tokens := m.tokens + m.upTo[next] - m.ended
	switch requests := m.requests + next - m.done; {
	case next == issued || m.over != nil:
	case m.Requests > 0 && requests > m.Requests:
		m.over = &BudgetError{fmt.Sprintf("stopped at the budget of %d requests", m.Requests)}
	case m.Tokens > 0 && tokens > m.Tokens:
		m.over = &BudgetError{fmt.Sprintf("stopped at the budget of %d tokens: %d are spent as the server counts them, and the next request could go over", m.Tokens, m.tokens)}
	}
	if m.over != nil {
		return m.over.Error()
	}
	return ""
}

// charged is what a request may be billed as: as counted where it was answered, nothing where it was turned away, and else as
// much as it asked for, since nobody tells what a broken answer costs.
func charged(r result.Request) int {
	switch r.Outcome {
	case result.Refused, result.Overloaded, result.HTTPError:
		return 0
	case result.OK:
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
