package sched

import (
	"time"

	"github.com/assaylab/assay/engine/kvcache"
)

// Sequence is one request's state. From Add until it is finished or aborted it
// belongs to the scheduler, and Tokens may be read but not changed by others.
//
// Of Tokens, [0, Computed) have keys and values in the cache, [Computed, len) are to be
// computed. Of these there is one when the sequence generates: the pending token,
// drawn in the last step.
type Sequence struct {
	ID     uint64  // unique among the sequences of one scheduler
	Tokens []int32 // prompt, then generated
	Prompt int     // length of the prompt; at least 1
	Limit  int     // len(Tokens) never exceeds it; whoever commits finishes the sequence when it is reached
	Salt   uint64  // separates prefix caches: only sequences of equal salt share blocks

	// Group, when not 0, is common to sequences of the same prompt and salt that may share
	// the blocks of it while they run, also where the pool keeps no prefix index: one computes
	// the prompt, and the others wait for it.
	Group uint64
	// Uncached sequences compute every position, so that logits of all of them can be had.
	// It may change between steps.
	Uncached bool
	// ChunkRows bounds the rows of the sequence's prompt in one step, also where prompts
	// are not chunked; 0 is no bound.
	ChunkRows int

	Arrived  time.Duration // when it was asked for, on the clock that Next is given
	Priority int           // lower values leave the queue first
	Tenant   string        // whose it is, where tenants share fairly
	Weight   int           // of the tenant: its share is in proportion; below 1 it is 1

	Table       kvcache.Table
	Computed    int // positions [0, Computed) have keys and values in the cache
	Cached      int // prompt positions that the first admission found in the cache
	Shared      int // prompt positions that the first admission took from a running sequence of the group
	Preemptions int // times the sequence lost its blocks and went back to the queue
	Drafts      int // wanted drafts per step, at most Config.DraftLength; may change between steps

	// Mass is the attention observed to the blocks of Table, in any unit, where Config.Bound
	// chooses by it. Whoever computes adds to it before Commit.
	Mass []uint64

	keys    []int32 // with Config.Classes, of Tokens, what the prefix cache knows them by
	state   state
	bounded bool   // gives up positions while it runs
	planned bool   // has an item that was not committed yet
	member  bool   // of the batch that is under way
	charged bool   // its prompt is booked in account
	stamp   uint64 // how long ago it had a row, compared with others; see Scheduler.share
	turn    uint64 // what stamp becomes when the planned item is committed
	account *account
}

type state uint8

const (
	stateGone state = iota
	stateWaiting
	stateRunning
)

// known is what the prefix cache knows the first n positions by: tokens, or with
// Config.Classes the complements of those behind the prompt.
func (q *Sequence) known(c *Config, n int) []int32 {
	if !c.Classes {
		return q.Tokens[:n]
	}
	for i := len(q.keys); i < n; i++ {
		key := q.Tokens[i]
		if i >= q.Prompt {
			key = ^key
		}
		q.keys = append(q.keys, key)
	}
	return q.keys[:n]
}

// generates reports whether only the token drawn last is left to compute.
func (q *Sequence) generates() bool {
	return len(q.Tokens) > q.Prompt && len(q.Tokens)-q.Computed == 1
}

// wantedDrafts is bounded by Limit: with d drafts a step appends up to d+1 tokens.
func (q *Sequence) wantedDrafts(c *Config) int {
	return max(0, min(q.Drafts, c.DraftLength, q.Limit-len(q.Tokens)-1))
}

// shareable is how many positions another sequence of the group can give. At least one
// is left to compute, because its logits are wanted.
func (q *Sequence) shareable() int { return min(q.Prompt, len(q.Tokens)-1) }
