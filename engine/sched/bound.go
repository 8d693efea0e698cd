package sched

import (
	"math"
	"slices"

	"github.com/assaylab/assay/engine/kvcache"
)

// Bounded reports whether the sequence gives up positions while it runs.
func (q *Sequence) Bounded() bool { return q.bounded }

// bounds reports whether q is to give up positions. The token at Limit-1 is never computed.
func (s *Scheduler) bounds(q *Sequence) bool {
	return s.cfg.Bound.Applies(q.Prompt, q.Limit-1)
}

// reusable is how many first positions of q the prefix index may give or be given: with a
// bound only those that are never given up, so that whoever holds an indexed block holds
// all before it.
func (s *Scheduler) reusable(q *Sequence) int {
	if !q.bounded {
		return math.MaxInt
	}
	return s.cfg.Bound.Reusable(q.Prompt, s.pool.BlockSize())
}

// findable is what the prefix index may be asked about, of which it leaves the last out.
func (s *Scheduler) findable(q *Sequence) []int32 {
	known := q.known(&s.cfg, len(q.Tokens))
	if most := s.reusable(q); most < len(known) {
		known = known[:most+1]
	}
	return known
}

// need is the most blocks that q holds at once.
func (s *Scheduler) need(q *Sequence) int {
	rows := q.Limit - 1 // a prompt that goes whole, or an answer that is computed again
	if s.cfg.Chunked {
		rows = s.cfg.TokenBudget
	}
	b := s.cfg.Bound
	if !s.bounds(q) {
		b = kvcache.Bound{}
	}
	return b.Need(q.Limit-1, rows, s.pool.BlockSize())
}

// room reports whether q, which is to be admitted, has blocks for all its tokens. Where a
// window bounds it, it is enough that there are as many as it ever holds, which it takes
// as it comes to need them.
func (s *Scheduler) room(q *Sequence) bool {
	if q.bounded && s.cfg.Bound.Masks() {
		size := s.pool.BlockSize()
		return s.pool.CanGrow(&q.Table, min(len(q.Tokens), s.need(q)*size)) &&
			s.pool.Grow(&q.Table, min(len(q.Tokens), s.reusable(q)+size))
	}
	return s.pool.Grow(&q.Table, len(q.Tokens))
}

// choice is the position up to which q may be computed before blocks are given up.
func (s *Scheduler) choice(q *Sequence) int {
	if !q.bounded {
		return math.MaxInt
	}
	return s.cfg.Bound.Choice(q.Computed, q.Prompt, s.pool.BlockSize())
}

// wanted is how many drafts q would like: none beyond the next choice, because the rows
// there do not see what is given up then.
func (s *Scheduler) wanted(q *Sequence) int {
	return min(q.wantedDrafts(&s.cfg), s.choice(q)-len(q.Tokens))
}

// giveUp takes from q what its bound no longer keeps.
func (s *Scheduler) giveUp(q *Sequence) {
	b, size := s.cfg.Bound, s.pool.BlockSize()
	switch {
	case !q.bounded:
	case b.Masks():
		from, to := b.Dead(q.Computed)
		s.pool.Forget(&q.Table, from, to)
	case q.Computed >= q.Prompt && b.Choice(q.Computed-1, q.Prompt, size) == q.Computed:
		s.choose(q, q.Computed-s.pool.Dropped(&q.Table))
	}
}

// choose gives up blocks of q, of which positions are held.
func (s *Scheduler) choose(q *Sequence, positions int) {
	size := s.pool.BlockSize()
	for len(q.Mass) < (positions+size-1)/size {
		q.Mass = append(q.Mass, 0)
	}
	s.chosen = s.cfg.Bound.Chosen(s.chosen[:0], q.Mass, positions, size)
	s.pool.Compact(&q.Table, s.chosen)
	for i := len(s.chosen) - 1; i >= 0; i-- {
		q.Mass = slices.Delete(q.Mass, s.chosen[i], s.chosen[i]+1)
	}
}
