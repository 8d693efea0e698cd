package sched

import (
	"fmt"
	"slices"
)

// Commit records that it was computed. Accepted are the tokens to append: the accepted
// drafts, then one more; none for a chunk that is not the last. Blocks of rejected
// drafts are given back, full ones are sealed, and with finished the sequence is
// released. Committing an item that is not live does nothing.
//
// Tokens for a chunk that is not the last, a last item that brings neither a token nor
// the end, more tokens than were reserved, and going on at Limit are programming
// errors and panic.
func (s *Scheduler) Commit(it *Item, accepted []int32, finished bool) {
	if !it.Live() {
		return
	}
	q := it.Seq
	if err := it.acceptable(accepted, finished); err != nil {
		panic(err)
	}
	last := it.Last()
	q.planned = false
	q.stamp = q.turn
	if q.account != nil {
		q.account.serve(q, generatedCost*len(accepted))
	}
	q.Computed = it.To + max(0, len(accepted)-1)
	q.Tokens = append(q.Tokens, accepted...)
	s.pool.Seal(&q.Table, q.known(&s.cfg, min(q.Computed, s.reusable(q))))
	switch {
	case finished:
		s.leave(s.stop(slices.Index(s.running, q)))
		return
	case last:
		s.pool.Trim(&q.Table, q.Computed)
	}
	s.giveUp(q)
}

// acceptable returns what is wrong with committing these tokens.
func (it *Item) acceptable(accepted []int32, finished bool) error {
	q, n := it.Seq, len(accepted)
	switch {
	case !it.Last() && n > 0:
		return fmt.Errorf("sched: %d tokens for sequence %d, whose chunk [%d,%d) is not the last", n, q.ID, it.From, it.To)
	case it.Last() && n == 0 && !finished:
		return fmt.Errorf("sched: no token for sequence %d, and it is not finished", q.ID)
	case n > 1+it.MaxDraft:
		return fmt.Errorf("sched: %d tokens for sequence %d, which reserved %d drafts", n, q.ID, it.MaxDraft)
	case len(q.Tokens)+n > q.Limit || len(q.Tokens)+n == q.Limit && !finished:
		return fmt.Errorf("sched: sequence %d goes on with %d tokens at its limit of %d", q.ID, len(q.Tokens)+n, q.Limit)
	}
	return nil
}
