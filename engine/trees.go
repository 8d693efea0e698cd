package engine

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/engine/sched"
	"github.com/assaylab/assay/engine/spec"
)

// checkTrees returns what does not go with drafts that are a tree: the keys of nodes at one position
// are of different texts, and where 32 positions share scales, each text had to have its own.
func (o *Options) checkTrees() error {
	if o.Drafter == DrafterRecycle && o.KPerChannel {
		return fmt.Errorf("engine: drafter is %q, want another one with k_per_channel: it drafts trees, whose keys cannot share scales over positions", o.Drafter)
	}
	return nil
}

// addDrafts adds the rows of an item's drafts to its span.
func (l *loop) addDrafts(s *Stream, it *sched.Item) {
	if len(s.draft.Parents) == 0 {
		l.pass.Extend(it.Draft...)
		return
	}
	l.pass.Branch(s.draft.Parents, it.Draft...)
}

// chooseTree is choose for a tree: l.way is which of the drafts stand.
func (l *loop) chooseTree(s *Stream, it *sched.Item) {
	l.accepted, l.way = spec.AcceptTree(l.accepted[:0], l.way, l.logits, it.Draft, s.draft.Parents, s.req.Sampling, s.said, it.To, &l.accept)
}

// stands reports whether the i-th of the accepted tokens is a draft.
func (l *loop) stands(s *Stream, it *sched.Item, i int) bool {
	if len(s.draft.Parents) > 0 {
		return i < len(l.way)
	}
	return l.accepted[i] == it.Draft[i]
}

// drafted is how many tokens behind the text were drafted on the way whose first ones stood: of a tree
// one more, if anything hangs on the last of these.
func (l *loop) drafted(s *Stream, it *sched.Item, stood int) int {
	if len(s.draft.Parents) == 0 {
		return len(it.Draft)
	}
	last := int32(-1)
	if stood > 0 {
		last = l.way[stood-1]
	}
	if slices.Contains(s.draft.Parents, last) {
		return stood + 1
	}
	return stood
}

// settle puts the keys and values of a tree's drafts that stand where their positions have them, and shows the
// proposer, if it learns from them, the logits that were computed. The way is in the order of
// depth, and draft i is at least as far behind as its depth, so that none is written over before
// it is read.
func (l *loop) settle(s *Stream, it *sched.Item, at *place) {
	dropped := l.pool.Dropped(&it.Seq.Table)
	for i, node := range l.way {
		if to, from := it.To+i-dropped, it.To+int(node)-dropped; to != from {
			for _, c := range l.caches {
				c.Move(s.tableBlocks(), to, from)
			}
		}
	}
	o, ok := l.draft.(spec.Observer)
	if !ok {
		return
	}
	for i, token := range it.Draft {
		if !slices.Contains(l.way, int32(i)) {
			o.Observe(&s.draft, token, l.pass.Row(at.drafts+i), false)
		}
	}
	o.Observe(&s.draft, it.Seq.Tokens[it.To-1], l.pass.Row(at.last), true)
	for _, node := range l.way {
		o.Observe(&s.draft, it.Draft[node], l.pass.Row(at.drafts+int(node)), true)
	}
}

// forecastTrees has the sequences whose next drafts are to be chosen know how good a tree's will be.
func (l *loop) forecastTrees() {
	f, ok := l.draft.(spec.Forecaster)
	if !ok {
		return
	}
	for _, s := range l.lengths.streams {
		of := &s.acceptance
		if of.Forecast == nil {
			of.Forecast = make([]float64, 0, l.e.opts.DraftLength)
		}
		of.Forecast = f.Forecast(of.Forecast[:0], &s.draft, l.e.opts.DraftLength)
	}
}
