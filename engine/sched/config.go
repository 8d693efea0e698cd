package sched

import (
	"errors"
	"fmt"
	"time"

	"github.com/assaylab/assay/engine/kvcache"
)

// Config bounds what the scheduler does. It does not change after New.
type Config struct {
	// MaxBatch is how many sequences run at the same time; at least 1.
	MaxBatch int
	// TokenBudget is how many rows one step has: prompt tokens, pending tokens and drafts
	// together; at least 1. Below MaxBatch it bounds the batch, too.
	TokenBudget int
	// Chunked splits prompts over steps to keep TokenBudget. Otherwise a prompt is computed
	// in one step. Prompts that fit the budget together share a step; one that alone
	// exceeds it shares the step with generating sequences only.
	Chunked bool
	// Chunk bounds the rows that prompts have in one step where they are chunked; 0 leaves
	// them what Order does.
	Chunk int
	// Policy says when sequences join those that run; empty is Continuous.
	Policy Policy
	// BatchWait is how long Static and Dynamic wait, from the arrival of the first sequence that
	// waits, for a batch to fill.
	BatchWait time.Duration
	// Preferred are the batch sizes, rising, with which Dynamic does not wait for more.
	Preferred []int
	// Order says who has the rows of a step first; empty is DecodeFirst.
	Order PrefillOrder
	// Queue says who of those that wait is next; empty is FCFS.
	Queue QueueOrder
	// Ageing is with Shortest how much later a sequence's turn is for each of its tokens.
	Ageing time.Duration
	// Patience is how long a sequence waits for those of better priority: after that none is better
	// than its own. 0 is for ever.
	Patience time.Duration
	// Classes has positions of prompts and others be told apart in the prefix cache, since
	// they are computed by different arithmetic: blocks with generated positions are found
	// only by sequences that have the same positions generated.
	Classes bool
	// Bound says what is kept of a sequence's positions; the zero value is all.
	Bound kvcache.Bound
	// Swap has preempted sequences' blocks be copied out of the pool, as far as it has room
	// for them outside, and back on readmission. Otherwise they are computed again.
	Swap bool
	// DraftLength bounds the drafts of one sequence in one step; 0 turns drafts off.
	DraftLength int
	// MaxQueue is how many sequences may wait; one more is refused. 0 is no limit.
	// Preempted sequences wait too, and are never refused.
	MaxQueue int
	// MaxQueuedTokens bounds the tokens of waiting sequences; one that would exceed them is
	// refused, unless the queue is empty: else it never could be taken. 0 is no limit.
	MaxQueuedTokens int
}

// Validate returns an error that names every field out of range.
func (c Config) Validate() error {
	return errors.Join(append(c.validatePolicy(),
		atLeast("max_batch", c.MaxBatch, 1),
		atLeast("token_budget", c.TokenBudget, 1),
		atLeast("draft_length", c.DraftLength, 0),
		atLeast("max_queue", c.MaxQueue, 0),
		atLeast("max_queued_tokens", c.MaxQueuedTokens, 0))...)
}

func atLeast(name string, found, least int) error {
	if found >= least {
		return nil
	}
	return fmt.Errorf("sched: %s is %d; it must be at least %d", name, found, least)
}
