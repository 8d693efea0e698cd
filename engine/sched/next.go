package sched

import (
	"fmt"
	"slices"
	"time"
)

// Next fills p with the step to run now, a time on the clock of Sequence.Arrived that
// never goes back, and reports whether there is anything to do; Plan.Wake says when there
// will be, where that is known. Every item is to be committed, or its sequence aborted,
// before Next is called again; an item that is neither is planned again.
func (s *Scheduler) Next(p *Plan, now time.Duration) bool {
	p.reset()
	s.now = now
	s.steps++
	for _, q := range s.running {
		q.planned = false
	}
	s.form(now)
	if s.cfg.Order != PrefillFirst || s.planPrompts(p, s.promptRoom(s.cfg.TokenBudget)) == 0 {
		s.planTogether(p)
	}
	if len(p.Items) == 0 {
		p.Wake = s.wake()
	}
	p.Moves = s.pool.TakeMoves(p.Moves)
	return len(p.Items) > 0
}

// planTogether fills a step with generating sequences, prompts and drafts.
func (s *Scheduler) planTogether(p *Plan) {
	s.planPending(p)
	generating := len(p.Items)
	left := s.cfg.TokenBudget - generating
	left -= s.planPrompts(p, s.promptRoom(left-s.draftRoom(p.Items, left)))
	s.planDrafts(p.Items[:generating], left)
}

// planPending adds the pending token of the generating sequences whose turn it is. Where they
// only lost their own blocks, others have their turn.
func (s *Scheduler) planPending(p *Plan) {
	for lost := -1; len(p.Items) == 0 && lost < len(p.Preempted); {
		lost = len(p.Preempted)
		s.planTurns(p)
	}
}

// planTurns adds pending tokens, preempting where blocks are short. Victims are younger
// than whoever is planned, so no planned item is lost.
func (s *Scheduler) planTurns(p *Plan) {
	latest := s.share()
	for i := 0; i < len(s.running); i++ { // preemption shortens it
		if q := s.running[i]; q.generates() && q.stamp <= latest && s.makeRoom(p, i) {
			q.turn = s.stamp(s.rank(q, i))
			p.add(q, 1)
		}
	}
}

// makeRoom grows running sequence i to all its tokens. It returns false when that took
// preempting the sequence itself.
func (s *Scheduler) makeRoom(p *Plan, i int) bool {
	q := s.running[i]
	for !s.pool.Grow(&q.Table, len(q.Tokens)) {
		youngest := len(s.running) - 1
		if youngest == 0 {
			panic(fmt.Sprintf("sched: sequence %d does not fit the cache alone: somebody else holds blocks", q.ID))
		}
		s.preempt(p, youngest)
		if youngest == i {
			return false
		}
	}
	return true
}

// preempt sends running sequence i back to the front of the queue. One that must compute every
// position has nothing copied out.
func (s *Scheduler) preempt(p *Plan, i int) {
	if q := s.running[i]; s.cfg.Swap && !q.Uncached && !q.bounded {
		s.pool.SwapOut(&q.Table, q.Computed)
	}
	q := s.stop(i)
	q.Computed = 0
	q.Preemptions++
	s.enqueue(0, q)
	p.Preempted = append(p.Preempted, q)
}

// planPrompts adds prompt chunks of at most room rows, first of the running sequence whose
// prompt is not finished, then of newly admitted ones, and returns their rows: more than room
// where a whole prompt is.
func (s *Scheduler) planPrompts(p *Plan, room int) (rows int) {
	first := len(p.Items)
	for _, q := range s.running {
		if !q.generates() {
			n := s.planPrompt(p, q, room-rows, len(p.Items) == first)
			if n == 0 {
				return rows // nobody passes it
			}
			rows += n
		}
	}
	for len(p.Preempted) == 0 && rows < room && !unfinished(p.Items[first:]) {
		q := s.admit()
		if q == nil {
			break
		}
		n := s.planPrompt(p, q, room-rows, len(p.Items) == first)
		if n == 0 {
			break // admitted, and first in the next step
		}
		rows += n
	}
	return rows
}

// unfinished reports whether the last of these prompts goes on in the next step: then
// nobody is admitted behind it, also where it left rows over.
func unfinished(prompts []Item) bool {
	return len(prompts) > 0 && !prompts[len(prompts)-1].Last()
}

// planPrompt adds as much of q's prompt as there is room for and returns its rows.
// Prompts that are not chunked go whole or not at all; the first of a step always goes.
func (s *Scheduler) planPrompt(p *Plan, q *Sequence, room int, first bool) int {
	rows := min(len(q.Tokens), s.choice(q)) - q.Computed
	if q.ChunkRows > 0 {
		rows = min(rows, q.ChunkRows)
	}
	switch {
	case room <= 0:
		return 0
	case s.cfg.Chunked:
		rows = min(rows, room)
	case rows > room && !first:
		return 0
	}
	if !s.pool.Grow(&q.Table, q.Computed+rows) {
		return 0 // with a window alone: others had the blocks that the prompt needs by and by
	}
	q.turn = s.stamp(s.cfg.MaxBatch + len(p.Items))
	p.add(q, rows)
	return rows
}

// admit moves whose turn it is to the running sequences, with blocks for all its
// tokens, and returns it; nil when there is none or it does not fit.
func (s *Scheduler) admit() *Sequence {
	next := s.pick(s.cfg.Policy.batched())
	if next < 0 || len(s.running) >= s.cfg.MaxBatch {
		return nil
	}
	q := s.waiting[next]
	sibling := s.sibling(q)
	if sibling != nil && sibling.Computed < sibling.Prompt {
		return nil // its blocks are worth waiting for
	}
	matched, shared := s.attach(q, sibling)
	if !s.room(q) {
		s.pool.Release(&q.Table)
		return nil
	}
	s.dequeue(next)
	s.charge(q)
	s.running = append(s.running, q)
	q.state, q.Computed = stateRunning, s.regain(q, matched+shared)
	if q.Preemptions == 0 {
		q.Cached, q.Shared = min(q.Computed, q.Prompt)-shared, shared
	}
	return q
}

// regain adds to the first positions of q, which it has blocks for, those that can be copied:
// what it has outside of the pool since it was preempted, or else what the store has, and
// a part of a block. It returns the positions that q has then.
func (s *Scheduler) regain(q *Sequence, positions int) int {
	if q.Uncached {
		return positions
	}
	if n := s.pool.SwapIn(&q.Table, positions); n > positions {
		return n
	}
	known := s.findable(q)
	return max(positions, s.pool.Restore(&q.Table, known)) + s.pool.CopyPartial(&q.Table, known)
}

// sibling returns the running sequence whose prompt q can share: of several the first, which
// was admitted before all others and is the first to have the prompt. Nil is none.
func (s *Scheduler) sibling(q *Sequence) *Sequence {
	if q.Group == 0 || q.Uncached || q.bounded || q.shareable() < s.pool.BlockSize() || s.pool.Contiguous() {
		return nil
	}
	i := slices.IndexFunc(s.running, func(o *Sequence) bool {
		return !o.bounded && o.Group == q.Group && o.Salt == q.Salt && slices.Equal(o.Tokens[:o.Prompt], q.Tokens[:q.Prompt])
	})
	if i < 0 {
		return nil
	}
	return s.running[i]
}

// attach gives q the blocks that need not be computed, and returns the positions found in
// the index and, beyond them, those taken from the sibling, which may be nil.
func (s *Scheduler) attach(q, sibling *Sequence) (matched, shared int) {
	known := s.findable(q)
	if q.Uncached {
		known = known[:1] // which matches nothing, and sets the salt
	}
	matched = s.pool.Match(&q.Table, known, q.Salt)
	if sibling != nil {
		shared = s.pool.Share(&q.Table, &sibling.Table, q.shareable()) - matched
	}
	return matched, shared
}

// wantedDrafts returns the draft rows that the generating sequences would like.
func (s *Scheduler) wantedDrafts(items []Item) (rows int) {
	for i := range items {
		rows += s.wanted(items[i].Seq)
	}
	return rows
}

// planDrafts deals out at most left draft rows, one per sequence and round: the first
// draft of every sequence is worth more than the last of one.
func (s *Scheduler) planDrafts(items []Item, left int) {
	for round := 1; round <= s.cfg.DraftLength; round++ {
		for i := range items {
			it := &items[i]
			if left <= 0 {
				return
			}
			if it.MaxDraft == round-1 && s.wanted(it.Seq) >= round && s.pool.Grow(&it.Seq.Table, it.To+round) {
				it.MaxDraft = round
				left--
			}
		}
	}
}
