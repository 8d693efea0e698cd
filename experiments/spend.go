package experiments

import (
	"errors"
	"fmt"
	"strings"

	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/experiments/trial"
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/workload"
)

// Budget bounds what a server is asked in a whole run, warm-ups included. A bound of 0 is none.
type Budget struct {
	Requests int `json:"requests,omitempty"`
	Tokens   int `json:"tokens,omitempty"` // of prompts and answers
}

// BudgetError says why a run is not begun, or goes no further.
type BudgetError struct{ Reason string }

func (e *BudgetError) Error() string { return e.Reason }

func budgetOf(x *scenario.Target) Budget { return Budget{x.BudgetRequests, x.BudgetTokens} }

// plus adds what n trials of a load can ask for at most: every request as long as the load lets it be, by our count of tokens.
func (b Budget) plus(l sweep.Load, n int) Budget {
	n *= l.Record.Requests + l.Record.Warmup
	return Budget{b.Requests + n, b.Tokens + n*l.Workload.Longest()}
}

// Worst is the most that the plan can ask of a target: all trials of all its arms, and of what is started also the confirming
// run and its duplicate, and searches with all their probes.
func (p *Plan) Worst(x *scenario.Target) Budget {
	m, arms := p.Matrix, 0
	for _, a := range m.Arms {
		if a.Target != nil && a.Target.Target == x {
			arms++
		}
	}
	var b, largest Budget
	count := func(l sweep.Load, trials int) {
		if _, why := x.Cannot(l.Workload); why != "" {
			return
		}
		b = b.plus(l, trials)
		if one := (Budget{}).plus(l, 1); one.Tokens > largest.Tokens {
			largest = one
		}
	}
	for _, l := range m.Loads {
		if l.Record.Search == "" {
			count(l, arms*p.Scenario.Run.Repetitions)
		}
	}
	for _, s := range m.Searches() {
		count(s.Load(s.Plan.Level(s.Record.MaxRate)), arms*s.Record.MaxProbes)
	}
	requests, tokens := p.worstTasks(x)
	b = Budget{b.Requests + arms*requests, b.Tokens + arms*tokens}
	if x.System.Started && p.Scenario.Run.Confirm {
		b.Requests, b.Tokens = b.Requests+2*largest.Requests, b.Tokens+2*largest.Tokens
	}
	return b
}

// Affordable refuses a plan that may exceed the budget of one of its targets, or in which one needs a budget and has none. It
// sends nothing.
func (p *Plan) Affordable() error {
	var errs []error
	for _, x := range p.Scenario.Targets {
		if err := p.affordable(x); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (p *Plan) affordable(x *scenario.Target) error {
	worst, b := p.Worst(x), budgetOf(x)
	sent := fmt.Sprintf("it may send %d requests and up to %d tokens of prompts and answers, by the count of %s", worst.Requests, worst.Tokens, p.Scenario.Model)
	whose := "the budget"
	if len(p.Scenario.Targets) > 1 {
		whose = "the budget of " + x.Name
	}
	switch {
	case !x.System.Started && b == Budget{} && paid(x):
		return &BudgetError{"a run against " + strings.TrimRight(x.URL, "/") + " is paid for and has no bound: " + sent + "; give a budget of requests (--budget-requests), of tokens (--budget-tokens) or of both"}
	case b.Requests > 0 && worst.Requests > b.Requests:
		return &BudgetError{fmt.Sprintf("%s is %d requests, and the run does not keep to it: %s", whose, b.Requests, sent)}
	case b.Tokens > 0 && worst.Tokens > b.Tokens:
		return &BudgetError{fmt.Sprintf("%s is %d tokens, and the run may not keep to it: %s", whose, b.Tokens, sent)}
	}
	return nil
}

// paid says that requests to a server may cost money.
func paid(x *scenario.Target) bool {
	s, err := target.NewRemote(x.URL, x.Dialect, dialect.Key{})
	return err != nil || s.Paid()
}

// spending is what a run has asked for so far.
type spending struct {
	Budget
	requests, tokens int // of requests that ended, in this run and in what it resumes
	over             error
}

// metered holds both parts of a trial to what is left of a target's budget.
func (r *run) metered(c *trial.Config, s *spending) error {
	if s.over != nil {
		return &noTrial{s.over}
	}
	c.Ended = func() error { return s.over }
	c.Warmup.Halt = s.meter(c.Warmup.Prompts)
	measured := halts{s.meter(c.Attack.Prompts)}
	if c.Attack.Halt != nil {
		measured = append(measured, c.Attack.Halt)
	}
	c.Attack.Halt = measured
	return nil
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
