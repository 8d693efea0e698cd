package sched

import "fmt"

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
			left -= s.planPrompt(p, q, left, reserve, len(p.Items) == first)
		}
	}
	for len(p.Preempted) == 0 && left > reserve {
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

// planPrompt adds as much of q's prompt as there is room for and returns its rows.
// Prompts that are not chunked go whole or not at all; the first of a step always goes.
func (s *Scheduler) planPrompt(p *Plan, q *Sequence, left, reserve int, first bool) int {
	rows := len(q.Tokens) - q.Computed
	switch {
	case left <= reserve:
		return 0
	case s.cfg.Chunked:
		rows = min(rows, left-reserve)
	case rows > left-reserve && !first:
		return 0
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
	matched := s.pool.Match(&q.Table, q.Tokens, q.Salt)
	if !s.pool.Grow(&q.Table, len(q.Tokens)) {
		s.pool.Release(&q.Table)
		return nil
	}
	s.dequeue(0)
	s.running = append(s.running, q)
	q.state, q.Computed = stateRunning, matched
	if q.Preemptions == 0 {
		q.Cached = min(matched, q.Prompt)
	}
	return q
}

// wantedDrafts returns the draft rows that the generating sequences would like.
func (s *Scheduler) wantedDrafts(items []Item) (rows int) {
	for i := range items {
		rows += items[i].Seq.wantedDrafts(&s.cfg)
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
			if it.MaxDraft == round-1 && it.Seq.wantedDrafts(&s.cfg) >= round && s.pool.Grow(&it.Seq.Table, it.To+round) {
				it.MaxDraft = round
				left--
			}
		}
	}
}
