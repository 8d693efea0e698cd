package sched

import "slices"

// promptRows are the rows of the plan's prompts, recomputed answers included.
func (l *lab) promptRows() (rows int) {
	for i := range l.plan.Items {
		if it := &l.plan.Items[i]; !l.generated(it) {
			rows += it.To - it.From
		}
	}
	return rows
}

// generated reports whether an item is the pending token of a sequence that was generating
// when the step began, and not the rest of what one that was preempted computes again.
func (l *lab) generated(it *Item) bool {
	return slices.Contains(l.before, it.Seq) && it.From >= it.Seq.Prompt && it.To-it.From == 1 && it.Last()
}

// checkTurns verifies that every running sequence advances as often as its order promises.
func (l *lab) checkTurns(seen map[*Sequence]bool) {
	l.t.Helper()
	for i, q := range l.s.running {
		if seen[q] || (!l.cfg.Chunked || l.cfg.Bound.Masks()) && i > 0 && i == len(l.s.running)-1 {
			l.idle[q] = 0
		} else if l.idle[q]++; l.idle[q] > l.patience() {
			l.t.Fatalf("running sequence %d did not advance in %d steps, the last one\n%v", q.ID, l.idle[q], &l.plan)
		}
	}
	for q := range l.idle {
		if !slices.Contains(l.s.running, q) {
			delete(l.idle, q)
		}
	}
}

// patience is how many steps may go by without a running sequence: less than it takes until all
// of a full batch had their turn.
func (l *lab) patience() int {
	over := func(n, d int) int { return (n + d - 1) / d }
	budget := l.cfg.TokenBudget
	switch l.cfg.Order {
	case Mixed:
		return over(l.cfg.MaxBatch, max(1, budget-budget/2))
	case PrefillFirst:
		room := 1 // a sequence bounds its own chunks to that
		return 2 * l.cfg.MaxBatch * over(50, room) * over(l.cfg.MaxBatch, budget)
	}
	return 0
}

// checkOrder verifies who has the rows: prompts alone with PrefillFirst, and with Mixed half of
// them where prompts want that.
func (l *lab) checkOrder() {
	l.t.Helper()
	prompts, pending := l.promptRows(), 0
	for i := range l.plan.Items {
		if l.generated(&l.plan.Items[i]) {
			pending++
		}
	}
	switch {
	case l.cfg.Chunk > 0 && prompts > l.cfg.Chunk:
		l.t.Fatalf("prompts have %d rows, and at most %d are allowed in\n%v", prompts, l.cfg.Chunk, &l.plan)
	case l.cfg.Order == PrefillFirst && prompts > 0 && pending > 0:
		l.t.Fatalf("prompts are not alone in\n%v", &l.plan)
	case l.cfg.Order == Mixed && pending > 0 && l.unfinishedRest() > 0 && prompts == 0:
		l.t.Fatalf("an unfinished prompt has no row in\n%v", &l.plan)
	case l.cfg.Order == Mixed && l.unfinishedRest() >= l.cfg.TokenBudget && l.cfg.Chunk == 0 && prompts < l.cfg.TokenBudget/2 && !l.bounded():
		l.t.Fatalf("a prompt that wants all rows has %d of %d in\n%v", prompts, l.cfg.TokenBudget, &l.plan)
	}
}

// bounded reports whether a sequence has a bound of its own on its chunks.
func (l *lab) bounded() bool {
	return slices.ContainsFunc(l.plan.Items, func(it Item) bool { return it.Seq.ChunkRows > 0 })
}

// unfinishedRest is what is left to compute of running prompts as the step begins.
func (l *lab) unfinishedRest() (rows int) {
	for i := range l.plan.Items {
		if it := &l.plan.Items[i]; !l.generated(it) {
			rows += len(it.Seq.Tokens) - it.From
		}
	}
	return rows
}

// checkOwned verifies that nobody else holds a block that an item writes.
func (l *lab) checkOwned(it *Item) {
	l.t.Helper()
	size := l.pool.BlockSize()
	blocks, dropped := it.Seq.Table.Blocks(), l.pool.Dropped(&it.Seq.Table)
	for _, b := range blocks[(it.From-dropped)/size : min(len(blocks), (it.To-dropped+it.MaxDraft+size-1)/size)] {
		for _, o := range l.s.running {
			if o != it.Seq && slices.Contains(o.Table.Blocks(), b) {
				l.t.Fatalf("sequence %d writes block %d, which %d holds too", it.Seq.ID, b, o.ID)
			}
		}
	}
}
