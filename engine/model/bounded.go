package model

import "github.com/assaylab/assay/engine/kernel"

// Observed is where the attention of a span's rows is summed by block: the weights that all
// query heads of all layers give to its positions, in units of 2^-32, so that sums do not
// depend on their order.
type Observed struct {
	From   int      // the first row of the pass that counts; those after it do too
	Lanes  int      // 1: rows are summed together; or the rows that count, each apart
	Blocks int      // of a lane and head
	Mass   []uint64 // (lanes, KV heads, blocks), added to
}

// Shape makes o be for the rows from row from on, apart or together, with nothing observed.
func (o *Observed) Shape(from, lanes, heads, blocks int) {
	o.From, o.Lanes, o.Blocks = from, lanes, blocks
	if n := lanes * heads * blocks; cap(o.Mass) < n {
		o.Mass = make([]uint64, n)
	} else {
		o.Mass = o.Mass[:n]
		clear(o.Mass)
	}
}

// Of is what the lane's rows gave to a block.
func (o *Observed) Of(lane, block int) (mass uint64) {
	heads := len(o.Mass) / (o.Lanes * o.Blocks)
	for h := range heads {
		mass += o.Mass[(lane*heads+h)*o.Blocks+block]
	}
	return mass
}

// observeAll adds the current layer's attention. It runs only where somebody asks.
func (s *State) observeAll() {
	if len(s.observed) > 0 {
		s.each1(len(s.observed)*s.m.KVHeads, (*State).observeSpans)
	}
}

func (s *State) observeSpans(w *worker, from, to int) {
	most := max(1, mostRows*s.m.KVHeads/s.m.Heads)
	for i := from; i < to; i++ {
		index, head := s.observed[i/s.m.KVHeads], i%s.m.KVHeads
		span := &s.pass.Spans[index]
		o, step := span.Observed, 0
		if o.Lanes > 1 {
			step = s.m.KVHeads * o.Blocks
		}
		for r := max(o.From, span.From); r < span.To; {
			c := chunk{index, r, min(span.ends(r), r+most)}
			lane := (r - o.From) * step
			s.m.Kernels.Observe(&w.Worker, s.aim(w, c, head), o.Mass[lane+head*o.Blocks:], step)
			r = c.to
		}
	}
}

// place is where a chunk begins in its table.
func (s *State) place(c chunk) int {
	return int(s.pass.Positions[c.from]) - s.pass.Spans[c.span].Dropped
}

// seesAll is for how many positions, from c's first on, rows see everything.
func (s *State) seesAll(c chunk) int {
	return s.cache.Sinks + s.cache.Window - s.place(c)
}

// cutShort reports whether c's rows see what the cache lets them, in the current layer.
func (s *State) cutShort(c chunk) bool {
	own := s.current().Window
	return s.cache.Window > 0 && (own == 0 || own > s.cache.Window) && s.seesAll(c) <= 0
}

// window is how many last positions c's rows see; 0 is all.
func (s *State) window(c chunk) int {
	if s.cutShort(c) {
		return s.cache.Window
	}
	return s.current().Window
}

// sinkParts is how many parts of a context are first positions that are always seen.
func (s *State) sinkParts() int {
	if s.cache.Window == 0 {
		return 0
	}
	return (s.cache.Sinks + kernel.Part - 1) / kernel.Part
}

// aimSinks has w's attention be that to the first positions: of rows that all stand at the
// last of them.
func (s *State) aimSinks(w *worker, c chunk, head int) *kernel.Attention {
	a := s.aim(w, c, head)
	a.First, a.Heads, a.Window, a.Tree = s.cache.Sinks-1, a.Rows, 0, kernel.Tree{}
	return a
}

// attendEnds computes the attention to the first positions and then, part by part, to
// the last.
func (s *State) attendEnds(w *worker, c chunk, head int) {
	low, high := s.partsOf(c)
	into := &w.out
	if s.cache.Sinks > 0 {
		s.m.Kernels.Attend(&w.Worker, s.aimSinks(w, c, head), into)
		into = &w.more
	}
	a := s.aim(w, c, head)
	for part := low; part < high; part++ {
		s.m.Kernels.AttendPart(&w.Worker, a, part, into)
		if into == &w.more {
			s.m.Kernels.Merge(&w.Worker, &w.out, into)
		}
		into = &w.more
	}
}
