package spec

import (
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// DraftModel proposes by running a smaller model of the same vocabulary, or the target's first
// layers. Its cache, which for these is the target's, is addressed by the target's block
// tables, so that rollback, preemption and prefix reuse need nothing of their own. A reused prefix whose last position the draft model
// never computed (its author finished right there) costs acceptance, not correctness.
type DraftModel struct {
	// Lags has it leave generated positions for when drafts are wanted again: nothing is spent on sequences
	// that draft nothing. Prompts it computes at once, as they come.
	Lags bool
	// Shares says that the state runs first layers of the target in its cache (model.State.First): where
	// drafts are wanted, what stands but the last token is there, and nothing is ever caught up on.
	Shares bool

	state   *model.State
	pass    model.Pass
	active  []*Request // requests of the current pass that want a draft, in row order
	drawn   []int32    // their drafts
	scratch sample.Scratch
	free    [][]float32 // distributions not in use, (vocab) each
	ops     int64
}

var _ Proposer = (*DraftModel)(nil)

// NewDraftModel proposes with the model of state.
func NewDraftModel(state *model.State) *DraftModel { return &DraftModel{state: state} }

// Ops returns the multiply-adds spent since the last call.
func (d *DraftModel) Ops() int64 {
	n := d.ops
	d.ops = 0
	return n
}

// Propose runs the draft model over what it has not seen, then one token at a time.
func (d *DraftModel) Propose(batch []*Request) {
	d.catchUp(batch)
	for len(d.active) > 0 {
		d.forward()
		d.draw()
	}
	for _, r := range batch {
		r.Said.Pop(r.Draft...)
	}
}

// catchUp starts the first pass: every request's tokens that the draft model has not
// computed; the last one's logits where drafts are wanted.
func (d *DraftModel) catchUp(batch []*Request) {
	d.pass.Reset()
	d.active = d.active[:0]
	for _, r := range batch { // all prompts come first
		d.recycle(r)
		if d.Shares {
			r.computed = len(r.Tokens) - min(1, r.Want)
		}
		if to := min(r.Prompt, len(r.Tokens)); r.computed < to {
			d.pass.AddPrompt(r.computed, r.Blocks, r.Tokens[r.computed:to]...)
			d.keep(r)
			d.reach(r, to)
		}
	}
	for _, r := range batch {
		if r.computed < len(r.Tokens) && (r.Want > 0 || !d.Lags) {
			d.pass.Add(r.computed, r.Blocks, r.Tokens[r.computed:]...)
			d.keep(r)
			d.reach(r, len(r.Tokens))
		}
	}
	if len(d.active) == 0 && len(d.pass.Tokens) > 0 {
		d.forward()
	}
}

// reach notes that the pass computes a request up to a position, and asks for the logits there
// if they are those that drafts are drawn from.
func (d *DraftModel) reach(r *Request, to int) {
	r.computed = to
	if to == len(r.Tokens) && r.Want > 0 {
		d.pass.Logits = append(d.pass.Logits, int32(len(d.pass.Tokens)-1))
		d.active = append(d.active, r)
	}
}

func (d *DraftModel) forward() {
	d.state.Forward(&d.pass)
	for _, p := range d.pass.Positions {
		d.ops += d.state.Model().Ops(int(p), false)
	}
	d.ops += int64(len(d.pass.Logits)) * int64(d.state.Model().Dim*d.state.Model().Vocab)
}

// draw takes one draft per active request from the pass's logits and starts the next
// pass with those that want more.
func (d *DraftModel) draw() {
	more := d.active[:0]
	d.drawn = d.drawn[:0]
	for i, r := range d.active {
		d.drawn = append(d.drawn, d.drawOne(r, d.pass.Row(i)))
	}
	d.pass.Reset()
	for i, r := range d.active {
		if len(r.Draft) == r.Want {
			continue
		}
		d.pass.Add(r.computed, r.Blocks, d.drawn[i])
		d.keep(r)
		d.pass.Logits = append(d.pass.Logits, int32(len(d.pass.Tokens)-1))
		r.computed++
		more = append(more, r)
	}
	d.active = more
}

// drawOne drafts from the distribution that penalties leave, as the target will judge it.
func (d *DraftModel) drawOne(r *Request, logits []float32) int32 {
	position := len(r.Tokens) + len(r.Draft)
	logits = sample.Adjust(logits, r.Params, r.Said, position, &d.scratch)
	if r.Params.Greedy() {
		r.Draft = append(r.Draft, sample.Argmax(logits))
		r.Probs = append(r.Probs, nil)
	} else {
		probs := d.distribution(len(logits))
		sample.Distribution(probs, logits, r.Params, &d.scratch)
		r.Draft = append(r.Draft, sample.Draw(probs, sample.Uniform(r.Params.Seed, position, sample.StreamDraft)))
		r.Probs = append(r.Probs, probs)
	}
	token := r.Draft[len(r.Draft)-1]
	r.Said.Push(token)
	return token
}

func (d *DraftModel) distribution(n int) []float32 {
	if last := len(d.free) - 1; last >= 0 {
		p := d.free[last]
		d.free = d.free[:last]
		return p
	}
	return make([]float32, n)
}

func (d *DraftModel) recycle(r *Request) {
	for _, p := range r.Probs {
		if p != nil {
			d.free = append(d.free, p)
		}
	}
	r.Draft, r.Probs = r.Draft[:0], r.Probs[:0]
}

// Committed rolls back to the drafts that stand: of n known tokens all but the last
// may have been computed as drafts.
func (d *DraftModel) Committed(r *Request, n int) { r.computed = min(r.computed, n-1) }

// Reset forgets all but n cached positions.
func (d *DraftModel) Reset(r *Request, n int) {
	d.recycle(r)
	r.computed = n
}

// Ended has others use the sequence's distributions.
func (d *DraftModel) Ended(r *Request) { d.recycle(r) }

// keep says which sequence the span that was added last is of, and what it lacks.
func (d *DraftModel) keep(r *Request) {
	d.pass.Keep(r.Tail)
	d.pass.Last().Dropped = r.Dropped
}
