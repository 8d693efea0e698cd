package sched

import (
	"fmt"
	"strings"
	"time"

	"github.com/assaylab/assay/engine/kvcache"
)

// Item is one sequence's share of a step: the positions [From, To) of its Tokens,
// and after them the drafts.
type Item struct {
	Seq      *Sequence
	From, To int
	MaxDraft int     // rows and blocks reserved for drafts after To; above 0 only when To == len(Seq.Tokens)
	Draft    []int32 // filled by the engine, at most MaxDraft; empty after Next, its storage is kept
}

// Last reports whether the item reaches the end of its sequence: then the logits of its
// last row and of every draft row are wanted, otherwise none.
func (it *Item) Last() bool { return it.To == len(it.Seq.Tokens) }

// Live reports whether the item is still to be computed: it is not after its
// sequence was aborted, or after it was committed.
func (it *Item) Live() bool { return it.Seq.planned }

// Plan is what to run in one step. Next reuses its storage.
type Plan struct {
	Items     []Item      // generating sequences, oldest first, then prompts
	Preempted []*Sequence // lost their blocks in this step, youngest first
	// Wake is set where there are no items though sequences wait, for a batch to fill: when to
	// call Next again, unless something is added before. Otherwise it is 0.
	Wake time.Duration
	// Moves are to be done, in this order, before any row is computed, also where nothing is.
	Moves []kvcache.Move
}

// Rows returns the rows that the plan reserves, drafts included.
func (p *Plan) Rows() int {
	n := 0
	for i := range p.Items {
		n += p.Items[i].To - p.Items[i].From + p.Items[i].MaxDraft
	}
	return n
}

// String prints one line per item, preempted sequence and move.
func (p *Plan) String() string {
	var b strings.Builder
	for i := range p.Items {
		it := &p.Items[i]
		fmt.Fprintf(&b, "seq %d: [%d,%d) of %d", it.Seq.ID, it.From, it.To, len(it.Seq.Tokens))
		if it.MaxDraft > 0 {
			fmt.Fprintf(&b, " +%d drafts", it.MaxDraft)
		}
		b.WriteByte('\n')
	}
	for _, q := range p.Preempted {
		fmt.Fprintf(&b, "seq %d: preempted\n", q.ID)
	}
	for _, m := range p.Moves {
		fmt.Fprintln(&b, m)
	}
	return b.String()
}

func (p *Plan) reset() {
	p.Items, p.Preempted, p.Moves, p.Wake = p.Items[:0], p.Preempted[:0], p.Moves[:0], 0
}

// add appends an item for q's next rows, keeping the storage of the draft that was
// in its place.
func (p *Plan) add(q *Sequence, rows int) {
	n := len(p.Items)
	if n == cap(p.Items) {
		p.Items = append(p.Items, Item{})
	}
	p.Items = p.Items[:n+1]
	it := &p.Items[n]
	*it = Item{Seq: q, From: q.Computed, To: q.Computed + rows, Draft: it.Draft[:0]}
	q.planned = true
}
