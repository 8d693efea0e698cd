package sched

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/assaylab/assay/engine/kvcache"
)

// ErrQueueFull is returned by Add when the queue is at MaxQueue or MaxQueuedTokens.
var ErrQueueFull = errors.New("sched: queue is full")

// ErrTooLarge is returned by Add, wrapped with the sizes, for a sequence that at its
// Limit would not fit the pool even alone.
var ErrTooLarge = errors.New("sched: sequence is larger than the cache")

// Scheduler holds the queue and the running sequences. It is not safe for concurrent use.
type Scheduler struct {
	cfg          Config
	pool         *kvcache.Pool
	waiting      []*Sequence // front first
	running      []*Sequence // oldest first
	queuedTokens int         // of waiting
	chosen       []int       // blocks to be given up
	members      int         // of the batch that is under way: running, or waiting for a first or another admission
	steps        uint64      // planned so far
	now          time.Duration
	stamps       []uint64 // of generating sequences where not all have a row, rising

	accounts map[string]*account // by tenant; nil unless the order is Fair
	last     *account            // of the tenant that left the queue last
}

// New returns a scheduler over pool, which nobody else may take blocks from. A
// configuration that does not validate is a programming error and panics.
func New(cfg Config, pool *kvcache.Pool) *Scheduler {
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	cfg = cfg.withDefaults()
	s := &Scheduler{cfg: cfg, pool: pool, running: make([]*Sequence, 0, cfg.MaxBatch), stamps: make([]uint64, 0, cfg.MaxBatch)}
	if cfg.Queue == Fair {
		s.accounts, s.last = map[string]*account{}, new(account)
	}
	return s
}

// Waiting returns the sequences in the queue, preempted ones included.
func (s *Scheduler) Waiting() int { return len(s.waiting) }

// Running returns the admitted sequences that are not finished.
func (s *Scheduler) Running() int { return len(s.running) }

// QueuedTokens returns the tokens of the sequences in the queue.
func (s *Scheduler) QueuedTokens() int { return s.queuedTokens }

// PromptRest returns the rows to be computed of running prompts.
func (s *Scheduler) PromptRest() (rows int) {
	for _, q := range s.running {
		if !q.generates() {
			rows += len(q.Tokens) - q.Computed
		}
	}
	return rows
}

// Preempted returns how many sequences wait for another admission, and the rows that they need
// before they go on, of which some may be found or copied back. They are in front of all others.
func (s *Scheduler) Preempted() (n, rows int) {
	for _, q := range s.waiting {
		if q.Preemptions == 0 {
			break
		}
		n++
		rows += len(q.Tokens)
	}
	return n, rows
}

// Add puts q at the end of the queue. It returns ErrQueueFull, ErrTooLarge, or
// another error for a sequence that makes no sense; then q is not changed. The
// scheduler makes room for Limit tokens at once, so that later steps allocate nothing.
func (s *Scheduler) Add(q *Sequence) error {
	if err := s.check(q); err != nil {
		return err
	}
	if s.full(q) {
		return ErrQueueFull
	}
	q.Tokens = slices.Grow(slices.Clip(q.Tokens), q.Limit-len(q.Tokens))
	s.pool.Reserve(&q.Table, q.Limit)
	q.Computed, q.Cached, q.Shared, q.Preemptions, q.planned = 0, 0, 0, 0, false
	q.Mass, q.bounded = q.Mass[:0], s.bounds(q)
	q.member, q.charged, q.stamp = false, false, 0
	if q.keys = q.keys[:0]; s.cfg.Classes {
		q.keys = slices.Grow(q.keys, q.Limit)
	}
	s.open(q)
	s.enqueue(len(s.waiting), q)
	return nil
}

// check returns why q can never run. The token at Limit-1 is drawn but never computed.
func (s *Scheduler) check(q *Sequence) error {
	if q.state != stateGone {
		return fmt.Errorf("sched: sequence %d was added before and is not finished", q.ID)
	}
	if q.Prompt < 1 || q.Prompt > len(q.Tokens) || q.Limit <= len(q.Tokens) {
		return fmt.Errorf("sched: sequence %d has a prompt of %d, %d tokens and a limit of %d; need 1 <= prompt <= tokens < limit",
			q.ID, q.Prompt, len(q.Tokens), q.Limit)
	}
	if need, room := s.need(q)*s.pool.BlockSize(), s.pool.Room(); need > room {
		return fmt.Errorf("%w: sequence %d needs %d positions, the cache has %d", ErrTooLarge, q.ID, min(q.Limit-1, need), room)
	}
	return nil
}

func (s *Scheduler) full(q *Sequence) bool {
	if s.cfg.MaxQueue > 0 && len(s.waiting) >= s.cfg.MaxQueue {
		return true
	}
	return s.cfg.MaxQueuedTokens > 0 && len(s.waiting) > 0 &&
		s.queuedTokens+len(q.Tokens) > s.cfg.MaxQueuedTokens
}

// Abort forgets the sequence with this id and gives its blocks back at once, also
// between Next and Commit: then its item is no longer live, and committing it does
// nothing. It reports whether there was such a sequence.
func (s *Scheduler) Abort(id uint64) bool {
	has := func(q *Sequence) bool { return q.ID == id }
	if i := slices.IndexFunc(s.running, has); i >= 0 {
		s.leave(s.stop(i))
		return true
	}
	if i := slices.IndexFunc(s.waiting, has); i >= 0 {
		q := s.dequeue(i)
		s.leave(q)
		s.pool.DropSwapped(&q.Table)
		return true
	}
	return false
}

// enqueue makes q wait at place i of the queue.
func (s *Scheduler) enqueue(i int, q *Sequence) {
	s.waiting = slices.Insert(s.waiting, i, q)
	s.queuedTokens += len(q.Tokens)
	q.state = stateWaiting
	if q.account != nil {
		q.account.queued++
	}
}

// dequeue takes out the sequence at place i of the queue.
func (s *Scheduler) dequeue(i int) *Sequence {
	q := s.waiting[i]
	s.waiting = slices.Delete(s.waiting, i, i+1)
	s.queuedTokens -= len(q.Tokens)
	q.state = stateGone
	if q.account != nil {
		q.account.queued--
		s.last = q.account
	}
	return q
}

// stop takes running sequence i out and gives back its blocks.
func (s *Scheduler) stop(i int) *Sequence {
	q := s.running[i]
	s.running = slices.Delete(s.running, i, i+1)
	s.pool.Release(&q.Table)
	q.planned, q.state, q.Mass = false, stateGone, q.Mass[:0]
	return q
}
