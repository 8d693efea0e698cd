package sched

import (
	"fmt"
	"slices"
)

// Next fills p with the next step and reports whether there is anything to do. Every
// item is to be committed, or its sequence aborted, before Next is called again;
// an item that is neither is planned again.
func (s *Scheduler) Next(p *Plan) bool {
	p.reset()
	for _, q := range s.running {
		q.planned = false
	}
	s.planPending(p)
	generating := len(p.Items)
	left := s.cfg.TokenBudget - generating
	left = s.planPrompts(p, left, min(s.wantedDrafts(p.Items), left/2))
	s.planDrafts(p.Items[:generating], left)
	return len(p.Items) > 0
}

// planPending adds the pending token of the generating sequences, preempting where
// blocks are short. Victims are younger than whoever is planned, so no planned item is
// lost. There are never more running sequences than TokenBudget: each was admitted to a
// step that had a row left beside the items of all others.
func (s *Scheduler) planPending(p *Plan) {
	for i := 0; i < len(s.running); i++ { // preemption shortens it
		if s.running[i].generates() && s.makeRoom(p, i) {
			p.add(s.running[i], 1)
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

// preempt sends running sequence i back to the front of the queue.
func (s *Scheduler) preempt(p *Plan, i int) {
	q := s.stop(i)
	q.Computed = 0
	q.Preemptions++
	s.enqueue(0, q)
	p.Preempted = append(p.Preempted, q)
}

// planPrompts adds prompt chunks, first of the running sequence whose prompt is not
// finished, then of newly admitted ones. It leaves reserve rows if it can, and returns
// the rows left: less than none after a whole prompt beyond the budget.
func (s *Scheduler) planPrompts(p *Plan, left, reserve int) int {
	first := len(p.Items)
	for _, q := range s.running {
		if !q.generates() {
			rows := s.planPrompt(p, q, left, reserve, len(p.Items) == first)
			if rows == 0 {
				return left // nobody passes it
			}
			left -= rows
		}
	}
	for len(p.Preempted) == 0 && left > reserve && !unfinished(p.Items[first:]) {
		q := s.admit()
		if q == nil {
			break
		}
		rows := s.planPrompt(p, q, left, reserve, len(p.Items) == first)
		if rows == 0 {
			break // admitted, and first in the next step
		}
		left -= rows
	}
	return left
}

// unfinished reports whether the last of these prompts goes on in the next step: then
// nobody is admitted behind it, also where it left rows over.
func unfinished(prompts []Item) bool {
	return len(prompts) > 0 && !prompts[len(prompts)-1].Last()
}

// planPrompt adds as much of q's prompt as there is room for and returns its rows.
// Prompts that are not chunked go whole or not at all; the first of a step always goes.
func (s *Scheduler) planPrompt(p *Plan, q *Sequence, left, reserve int, first bool) int {
	rows := min(len(q.Tokens), s.choice(q)) - q.Computed
	if q.ChunkRows > 0 {
		rows = min(rows, q.ChunkRows)
	}
	switch {
	case left <= reserve:
		return 0
	case s.cfg.Chunked:
		rows = min(rows, left-reserve)
	case rows > left-reserve && !first:
		return 0
	}
	if !s.pool.Grow(&q.Table, q.Computed+rows) {
		return 0 // with a window alone: others had the blocks that the prompt needs by and by
	}
	p.add(q, rows)
	return rows
}

// admit moves the front of the queue to the running sequences, with blocks for all its
// tokens, and returns it; nil when there is none or it does not fit.
func (s *Scheduler) admit() *Sequence {
	if len(s.waiting) == 0 || len(s.running) >= s.cfg.MaxBatch {
		return nil
	}
	q := s.waiting[0]
	sibling := s.sibling(q)
	if sibling != nil && sibling.Computed < sibling.Prompt {
		return nil // its blocks are worth waiting for
	}
	matched, shared := s.attach(q, sibling)
	if !s.room(q) {
		s.pool.Release(&q.Table)
		return nil
	}
	s.dequeue(0)
	s.running = append(s.running, q)
	q.state, q.Computed = stateRunning, matched+shared
	if q.Preemptions == 0 {
		q.Cached, q.Shared = min(matched, q.Prompt), shared
	}
	return q
}

// sibling returns the running sequence whose prompt q can share: of several the first, which
// was admitted before all others and is the first to have the prompt. Nil is none.
func (s *Scheduler) sibling(q *Sequence) *Sequence {
	if q.Group == 0 || q.Uncached || q.bounded || q.shareable() < s.pool.BlockSize() {
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
	known := q.known(&s.cfg, len(q.Tokens))
	if most := s.reusable(q); most < len(known) {
		known = known[:most+1] // whole blocks of all but the last are matched
	}
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
