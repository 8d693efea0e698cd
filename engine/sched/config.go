package sched

import (
	"errors"
	"fmt"
)

// Config bounds what the scheduler does. It does not change after New.
type Config struct {
	MaxBatch        int  // sequences running at the same time; at least 1
	TokenBudget     int  // rows of one step: prompt tokens, pending tokens and drafts together; at least 1. Below MaxBatch it bounds the batch too
	Chunked         bool // split prompts over steps to keep TokenBudget. Otherwise a prompt is computed in one step, which it shares with prompts that fit the budget beside it, or, when it alone exceeds the budget, only with generating sequences
	DraftLength     int  // drafts of one sequence in one step at most; 0 turns drafts off
	MaxQueue        int  // waiting sequences; one more is refused. 0 is no limit. Preempted sequences wait too, and are never refused
	MaxQueuedTokens int  // tokens of waiting sequences; a sequence that would exceed them is refused, unless the queue is empty. 0 is no limit
}

// Validate returns an error that names every field out of range.
func (c Config) Validate() error {
	return errors.Join(
		atLeast("max_batch", c.MaxBatch, 1),
		atLeast("token_budget", c.TokenBudget, 1),
		atLeast("draft_length", c.DraftLength, 0),
		atLeast("max_queue", c.MaxQueue, 0),
		atLeast("max_queued_tokens", c.MaxQueuedTokens, 0))
}

func atLeast(name string, found, least int) error {
	if found >= least {
		return nil
	}
	return fmt.Errorf("sched: %s is %d; it must be at least %d", name, found, least)
}
