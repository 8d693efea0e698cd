package engine

import (
	"fmt"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sched"
)

// Bound is what the options keep of a sequence's positions.
func (o Options) Bound() kvcache.Bound {
	return kvcache.Bound{Policy: o.KVPolicy, Budget: o.KVBudget, Sinks: o.KVSinks, Recent: o.KVRecent, Observe: o.KVObserve}
}

// checkBound returns what is wrong with the options about what is kept.
func (o Options) checkBound(models ...*model.Model) error {
	b := o.Bound()
	if key, found, expected := b.Check(o.BlockSize); key != "" {
		return fmt.Errorf("engine: %s is %s, want %s", key, found, expected)
	}
	for _, m := range models {
		if m != nil && b.Chooses() && m.Window > 0 {
			return fmt.Errorf("engine: kv_policy is %s, want %s, %s or %s: layers of %s have windows, in which no block can be left out",
				o.KVPolicy, kvcache.PolicyFull, kvcache.PolicyWindow, kvcache.PolicySinks, m.Name)
		}
	}
	return nil
}

// longest is how many positions of a sequence are in the cache at once, at most.
func (o *Options) longest() int {
	return o.Bound().Need(o.Context, o.chunk(), o.BlockSize) * o.BlockSize
}

// chunk is the most rows of a sequence in one step.
func (o *Options) chunk() int {
	if o.ChunkedPrefill {
		return o.TokenBudget
	}
	return o.Context
}

// fitCache bounds the context by what the cache holds of a sequence: with a window no
// longer one needs more room than the cache has, if that is enough for one.
func (o *Options) fitCache() error {
	room := o.KVTokens / o.BlockSize * o.BlockSize
	if !o.Bound().Masks() || !o.ChunkedPrefill {
		o.Context = min(o.Context, room)
		return nil
	}
	if need := o.longest(); need > room {
		return fmt.Errorf("engine: kv_tokens is %d, want at least %d: kv_budget, token_budget and %d positions more, in blocks of %d",
			o.KVTokens, need, kvcache.ReadGroup, o.BlockSize)
	}
	return nil
}

// watch has a span's rows be observed, where the sequence's bound chooses by it. It is
// called with the span as it was just added.
func (l *loop) watch(it *sched.Item, o *model.Observed) {
	span := l.pass.Last()
	span.Dropped = l.pool.Dropped(&it.Seq.Table)
	first := int(l.pass.Positions[span.From])
	rows := span.To - span.From
	from, to := l.bound.Observed(first, first+rows, it.Seq.Prompt)
	if !it.Seq.Bounded() || from >= to {
		o.Lanes = 0
		return
	}
	lanes := 1
	if first >= it.Seq.Prompt {
		lanes = to - from // drafts among them, of which some may not stand
	}
	blocks := (first + rows - span.Dropped + l.e.opts.BlockSize - 1) / l.e.opts.BlockSize
	o.Shape(span.From+from-first, lanes, l.e.model.KVHeads, blocks)
	span.Observed = o
}

// addMass adds what was observed of the rows of a span that stand to the sequence's: the first ones, of
// which those behind the first one are on a way, if there is one, of a tree.
func addMass(q *sched.Sequence, o *model.Observed, rows int, way ...int32) {
	if o.Lanes == 0 {
		return
	}
	for len(q.Mass) < o.Blocks {
		q.Mass = append(q.Mass, 0)
	}
	for row := range min(rows, o.Lanes) {
		lane := row
		if row > 0 && len(way) > 0 {
			lane = 1 + int(way[row-1])
		}
		for b := range o.Blocks {
			q.Mass[b] += o.Of(lane, b)
		}
	}
}

// countKept notes what a step's sequences hold.
func (l *loop) countKept() {
	for i := range l.plan.Items {
		n := int64(l.pool.Held(&l.plan.Items[i].Seq.Table))
		l.stats.PeakSequence = max(l.stats.PeakSequence, n)
		l.stats.HeldPositions += n
		l.stats.SequenceSteps++
	}
}

// seen is the position of a row that sees as many positions as the one at position p of
// the item, for what the attention to them costs.
func (l *loop) seen(it *sched.Item, p int) int {
	if _, window := l.bound.Mask(); window > 0 {
		return min(p, l.bound.Budget-1)
	}
	return p - l.pool.Dropped(&it.Seq.Table)
}
