package spec

import (
	"math"

	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// DraftModel proposes by running a smaller model of the same vocabulary, or the target's first
// layers. Its cache, which for these is the target's, is addressed by the target's block
// tables, so that rollback, preemption and prefix reuse need nothing of their own. A cache of
// its own may lack what the target's has: that is marked, and computed when drafts are wanted.
type DraftModel struct {
	// Lags has it leave prompts and generated positions for when drafts are wanted: nothing is spent on sequences
	// that draft nothing. Without it, it keeps step.
	Lags bool
	// Most bounds with Lags the positions that one Propose catches up on: a sequence that is behind by more
	// drafts nothing yet.
	Most int
	// Shares says that the state runs first layers of the target in its cache (model.State.First): where
	// drafts are wanted, what stands but the last token is there, and nothing is ever caught up on.
	Shares bool

	state   *model.State
	marks   marks
	unit    int // a sequence that starts over may do so at a multiple of this
	room    int // positions that this Propose may still catch up on
	late    int // that were caught up on since the last Late
	pass    model.Pass
	active  []*Request // requests of the current pass that want a draft, in row order
	drawn   []int32    // their drafts
	scratch sample.Scratch
	free    [][]float32 // distributions not in use, (vocab) each
	ops     int64
}

var _ Proposer = (*DraftModel)(nil)

// NewDraftModel proposes with the model of state.
func NewDraftModel(state *model.State) *DraftModel {
	x := state.Cache()
	d := &DraftModel{state: state, unit: 1, marks: marks{size: x.BlockSize, filled: make([]int32, x.Blocks)}}
	if x.Format().PerChannel {
		d.unit = model.SealedPositions
	}
	return d
}

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
	d.room = math.MaxInt
	if d.Lags {
		d.room = d.Most
	}
	for _, r := range batch { // all prompts come first
		d.recycle(r)
		if !d.Shares {
			d.marks.begin(r)
		}
		d.locate(r)
		if to := d.until(r, min(r.Prompt, len(r.Tokens))); r.computed < to {
			d.pass.AddPrompt(r.computed, r.Blocks, r.Tokens[r.computed:to]...)
			d.keep(r)
			d.reach(r, to)
		}
	}
	for _, r := range batch {
		d.locate(r) // what they share, one of them has read
		if to := d.until(r, len(r.Tokens)); r.computed < to && r.computed >= r.Prompt {
			d.pass.Add(r.computed, r.Blocks, r.Tokens[r.computed:to]...)
			d.keep(r)
			d.reach(r, to)
		}
	}
	if len(d.active) == 0 && len(d.pass.Tokens) > 0 {
		d.forward()
	}
}

// locate finds how far a request's positions are computed. Where others left a part of what
// shares scales, the keys that are not sealed are theirs: that is computed again.
func (d *DraftModel) locate(r *Request) {
	if d.Shares {
		r.computed = len(r.Tokens) - min(1, r.Want)
		return
	}
	at := d.marks.reach(r)
	if at < r.computed {
		r.computed = at / d.unit * d.unit
	}
	r.computed = max(r.computed, at/d.unit*d.unit)
}

// until is how far a request, of which end positions are there, is computed in this pass.
func (d *DraftModel) until(r *Request, end int) int {
	if d.Lags && r.Want == 0 {
		return r.computed
	}
	n := max(0, end-r.computed)
	if n > usual {
		n = min(n, max(0, d.room))
	}
	d.room -= n
	d.late += max(0, n-usual)
	return r.computed + n
}

// usual is how many positions a sequence that keeps step is behind at most: the last token, and
// before it a draft that stood.
const usual = 2

// Behind is how many positions are to be caught up on before a sequence of n tokens can draft.
func (d *DraftModel) Behind(r *Request, n int) int {
	if d.Shares {
		return 0
	}
	return max(0, n-r.computed-usual)
}

// Late returns how many positions were caught up on since the last call.
func (d *DraftModel) Late() int {
	n := d.late
	d.late = 0
	return n
}

// reach notes that the pass computes a request up to a position, and asks for the logits there
// if they are those that drafts are drawn from.
func (d *DraftModel) reach(r *Request, to int) {
	d.computes(r, to)
	if to == len(r.Tokens) && r.Want > 0 {
		d.pass.Logits = append(d.pass.Logits, int32(len(d.pass.Tokens)-1))
		d.active = append(d.active, r)
	}
}

// computes notes that the pass computes a request up to a position.
func (d *DraftModel) computes(r *Request, to int) {
	if !d.Shares {
		d.marks.fill(r, r.computed, to)
	}
	r.computed = to
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
		d.computes(r, r.computed+1)
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

// Reset forgets what was computed: the next Propose finds what its blocks have.
func (d *DraftModel) Reset(r *Request, _ int) {
	d.recycle(r)
	r.computed = 0
}

// Ended has others use the sequence's distributions.
func (d *DraftModel) Ended(r *Request) { d.recycle(r) }

// keep says which sequence the span that was added last is of, and what it lacks.
func (d *DraftModel) keep(r *Request) {
	d.pass.Keep(r.Tail)
	d.pass.Last().Dropped = r.Dropped
}
