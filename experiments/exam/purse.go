package exam

import (
	"fmt"

	"github.com/assaylab/assay/loadgen/dialect"
)

// Purse bounds what a server is asked. A bound of 0 is none.
type Purse struct {
	Requests, Tokens int     // of prompts and answers
	Count            Counter // counts prompts before the server does

	requests, tokens int
}

// OverspentError says that one more request could exceed a bound.
type OverspentError struct{ Reason string }

func (e *OverspentError) Error() string { return e.Reason }

// Afford refuses what may come to more than the purse has.
func (p *Purse) Afford(requests, tokens int) error {
	sent := fmt.Sprintf("it may send %d requests and up to %d tokens of prompts and answers", requests, tokens)
	switch {
	case p.Requests > 0 && p.requests+requests > p.Requests:
		return &OverspentError{fmt.Sprintf("the budget is %d requests: %s", p.Requests, sent)}
	case p.Tokens > 0 && p.tokens+tokens > p.Tokens:
		return &OverspentError{fmt.Sprintf("the budget is %d tokens: %s", p.Tokens, sent)}
	}
	return nil
}

// Spend is Server.Spend. What a request may come to counts until the server says what it was.
func (p *Purse) Spend(prompt string, most int) error {
	if err := p.Afford(1, p.Count(prompt)+most); err != nil {
		return fmt.Errorf("stopped after %d requests and %d tokens: %w", p.requests, p.tokens, err)
	}
	p.requests, p.tokens = p.requests+1, p.tokens+p.Count(prompt)+most
	return nil
}

// Spent is Server.Spent.
func (p *Purse) Spent(prompt string, most int, u *dialect.Usage) {
	if u != nil && u.Prompt+u.Output > 0 {
		p.tokens += u.Prompt + u.Output - p.Count(prompt) - most
	}
}
