package gateway

import (
	"time"

	"github.com/assaylab/assay/engine/admit"
)

// pace is what is known of servers of one kind: how long their steps take and answers are, and by how much
// first tokens are later than that says.
type pace struct {
	limits admit.Limits
	rates  admit.Predictor
	margin admit.Margin
}

// budget is how many rows a step of a server has whose settings are not known.
const budget = 512

func newPace(concurrent, tokenBudget int) *pace {
	if tokenBudget == 0 {
		tokenBudget = max(budget, concurrent)
	}
	return &pace{limits: admit.Limits{MaxBatch: concurrent, TokenBudget: tokenBudget}}
}

// seed is learned before anything was served: of decode steps of one sequence and of prompts alone.
func (p *pace) seed(step time.Duration, prefill float64) {
	const prompt = 128
	for range 8 {
		p.rates.Observe(0, 1, step)
		p.rates.Observe(prompt, 0, step+time.Duration(prompt/prefill*1e9))
	}
}

// known says whether anything was learned.
func (p *pace) known() bool { return p.rates.Rates() != (admit.Rates{}) }

// load is what a server has been sent and has not finished.
type load struct {
	waiting int // without a first token
	running int // with one
	prompt  int // prompt tokens of those that wait
}

// ttft predicts the time to the first token of a request, 0 where nothing is known. Share is how many servers
// take turns on its processors.
func (p *pace) ttft(l load, prompt, output int, share float64) time.Duration {
	r := p.rates.Rates()
	if r.Stay == 0 {
		r.Stay, r.Longest = float64(output), float64(output)
	}
	ahead := admit.Load{Running: l.running, Waiting: l.waiting, PromptTokens: l.prompt}
	return times(r.TTFT(p.limits, ahead, prompt), share)
}

// tpot predicts the time per token of one more request.
func (p *pace) tpot(l load, share float64) time.Duration {
	r := p.rates.Rates()
	n := min(l.running+l.waiting+1, p.limits.MaxBatch)
	return times(time.Duration(r.Step+r.Generated*float64(n)), share)
}

func times(d time.Duration, factor float64) time.Duration {
	return time.Duration(min(float64(d)*factor, float64(1<<62)))
}

// first learns from a first token that was not waited for behind others.
func (p *pace) first(prompt, beside int, took time.Duration, share float64) {
	p.rates.Observe(prompt, beside, times(took, 1/share))
}

// finished learns from an answer of so many tokens, spread over the time after the first.
func (p *pace) finished(tokens int, beside float64, took time.Duration, share float64) {
	p.rates.Finished(tokens)
	if tokens > 1 {
		p.rates.Observe(0, int(beside+.5), times(took/time.Duration(tokens-1), 1/share))
	}
}
