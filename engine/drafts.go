package engine

import (
	"time"

	"github.com/assaylab/assay/engine/spec"
)

// lengths chooses with draft_adaptive how many tokens each sequence drafts in the next step.
type lengths struct {
	adaptive *spec.Adaptive // nil where lengths are constant
	streams  []*Stream      // that generate in the next step
	of       []*spec.Acceptance
	drafts   []int
}

func newLengths(o *Options) lengths {
	if !o.DraftAdaptive || o.DraftLength == 0 {
		return lengths{}
	}
	return lengths{adaptive: new(spec.Adaptive)}
}

// drafts is how many tokens r drafts per step at most.
func (o *Options) drafts(r *Request) int {
	switch r.Drafts {
	case 0:
		return o.DraftLength
	case NoDrafts:
		return 0
	}
	return r.Drafts
}

// adapt learns from a step, of which drafting and the rest took so long, and sets the lengths of the
// next one for all that generated in this one.
func (l *loop) adapt(drafting, rest time.Duration, generated int) {
	n := &l.lengths
	if n.adaptive == nil {
		return
	}
	l.learn(l.gather(), drafting, rest, generated)
	l.forecastTrees()
	n.adaptive.Choose(n.drafts, n.of)
	for i, s := range n.streams {
		s.seq.Drafts = n.drafts[i]
	}
	clear(n.streams) // keep no ended ones alive
}

// worked is what a step computed.
type worked struct {
	drafts, longest int  // tokens that were drafted, and the most of one sequence
	prompts         bool // it had rows of prompts
}

// gather finds who generates in the next step, and what this one computed.
func (l *loop) gather() (w worked) {
	n := &l.lengths
	n.streams, n.of, n.drafts = n.streams[:0], n.of[:0], n.drafts[:0]
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		w.drafts, w.longest, w.prompts = w.drafts+len(it.Draft), max(w.longest, len(it.Draft)), w.prompts || it.From < it.Seq.Prompt
		if s := l.live[it.Seq.ID]; s != nil && it.To >= it.Seq.Prompt {
			s.acceptance.Behind, s.acceptance.Left = l.behind(s), s.seq.Limit-len(s.seq.Tokens)
			n.streams, n.of, n.drafts = append(n.streams, s), append(n.of, &s.acceptance), append(n.drafts, l.e.opts.drafts(&s.req))
		}
	}
	return w
}

// learn notes what a step took. One with prompts says nothing about rows alone, and a cold one nothing that is not known.
func (l *loop) learn(w worked, drafting, rest time.Duration, generated int) {
	a, late, rows, batch := l.lengths.adaptive, l.late(), len(l.pass.Tokens), len(l.plan.Items)
	if l.cold() && a.Costs.Settled(rows) {
		return
	}
	if !w.prompts || late > 0 {
		a.ObserveDrafting(w.drafts, w.longest, late, drafting)
	}
	if !w.prompts {
		a.ObserveStep(rows, rest)
		a.Answered(batch, rows, 4*w.drafts >= batch, generated, drafting+rest) // less is a probe
	}
}

// coldSteps are those after which what an engine that had nothing to do left to others' use of the caches is its own again. The first
// of them take twice as long as later ones, and are one in ten where requests come one at a time: costs that take turns with and without
// them are noise.
const coldSteps = 6

// cold counts the steps since the engine slept, and says whether this is one of the first.
func (l *loop) cold() bool {
	l.awake++
	return l.awake <= coldSteps
}

// behind is how far the draft model is behind a stream.
func (l *loop) behind(s *Stream) int {
	if l.drafts == nil {
		return 0
	}
	return l.drafts.Behind(&s.draft, len(s.seq.Tokens))
}

// late is how many positions the draft model caught up on in this step.
func (l *loop) late() int {
	if l.drafts == nil {
		return 0
	}
	return l.drafts.Late()
}
