package model

import (
	"math"

	"github.com/assaylab/assay/engine/kernel"
)

// prepare finishes the rows' queries and keys and writes keys and values to the cache,
// from where alone they are read.
func (s *State) prepare(w *worker, from, to int) {
	l := s.current()
	for r := from; r < to; r++ {
		p := int(s.pass.Positions[r])
		q, k, v := s.q.Row(r), s.k.Row(r), s.v.Row(r)
		s.addBias(w, q, l.QBias)
		s.addBias(w, k, l.KBias)
		s.addBias(w, v, l.VBias)
		s.normHeads(w, q, l.QNorm)
		s.normHeads(w, k, l.KNorm)
		if l.Turn != TurnNone {
			cos, sin := s.angles[l.Turn].at(p)
			s.rotate(w, q, cos, sin)
			s.rotate(w, k, cos, sin)
		}
		if s.cache.format.Hadamard {
			for _, x := range [][]float32{q, k, v} {
				s.m.Kernels.Hadamard(&w.Worker, x, s.m.HeadDim)
			}
		}
		if s.cache.format.PerChannel {
			roundKey(k)
		}
		s.m.Kernels.Scale(&w.Worker, q, s.m.queryScale(p))
		s.m.Kernels.Store(&w.Worker, s.cache.layers[s.layer], s.slot(int(s.spanOf[r]), s.pass.stored(&s.pass.Spans[s.spanOf[r]], r)), k, v)
	}
}

// slot is where a position of a span's sequence lies in the cache.
func (s *State) slot(span, position int) int {
	size, x := s.cache.BlockSize, &s.pass.Spans[span]
	position -= x.Dropped
	return int(x.Blocks[position/size])*size + position%size
}

func (s *State) addBias(w *worker, x, bias []float32) {
	if bias != nil {
		s.m.Kernels.Add(&w.Worker, x, bias)
	}
}

// normHeads norms each head's part of x (Henry et al. 2020); a nil weight is none.
func (s *State) normHeads(w *worker, x, weight []float32) {
	if weight == nil {
		return
	}
	for h := 0; h < len(x); h += s.m.HeadDim {
		head := x[h : h+s.m.HeadDim]
		s.m.Kernels.RMSNorm(&w.Worker, head, head, weight, s.m.Eps)
	}
}

func (s *State) rotate(w *worker, x, cos, sin []float32) {
	if s.m.Rope == RopeHalves {
		s.m.Kernels.RopeHalves(&w.Worker, x, cos, sin, s.m.HeadDim)
	} else {
		s.m.Kernels.RopePairs(&w.Worker, x, cos, sin, s.m.HeadDim)
	}
}

// queryScale is what the query at a position is multiplied by: the attention's scale and,
// where there is one, the temperature.
func (c *Config) queryScale(position int) float32 {
	if c.Temperature == 0 {
		return c.AttentionScale
	}
	return c.AttentionScale * float32(1+c.Temperature*math.Log(1+float64(position/c.TemperatureLength)))
}

// mostRows of queries are one call of an attention kernel: as many as share what it makes
// of keys and values while their scores stay in the second cache.
const mostRows = 128

// chunk is some rows of one span, whose attention to one head is one piece of work. All of
// them see everything, or all of them what a bounded cache lets them.
type chunk struct{ span, from, to int }

// attendAll fills the rows' attention. Where there is little work, the parts of a context are
// shared out too; how it is done does not change the result.
func (s *State) attendAll() {
	s.chunk()
	n := len(s.chunks) * s.m.KVHeads
	s.most = 0
	for _, c := range s.chunks {
		_, to := s.partsOf(c)
		s.most = max(s.most, s.sinkParts()+to)
	}
	if s.pool.Size() == 1 || s.most == 1 || n > 4*s.pool.Size() {
		s.each1(n, (*State).attend)
		return
	}
	for len(s.partials) < n*s.most {
		s.partials = append(s.partials, kernel.Partial{})
	}
	s.each1(n*s.most, (*State).attendPart)
	s.each1(n, (*State).mergeParts)
}

// chunk cuts the pass's rows.
func (s *State) chunk() {
	s.chunks = s.chunks[:0]
	positions := max(1, mostRows*s.m.KVHeads/s.m.Heads)
	for i, span := range s.pass.Spans {
		for from := span.From; from < span.To; {
			c := chunk{i, from, min(span.ends(from), from+positions)}
			if all := s.seesAll(c); all > 0 {
				c.to = s.before(c, int(s.pass.Positions[from])+all)
			}
			s.chunks = append(s.chunks, c)
			from = c.to
		}
	}
}

// partsOf is the range of parts of the context that a chunk sees in the current layer.
func (s *State) partsOf(c chunk) (from, to int) {
	a := kernel.Attention{First: s.place(c), Heads: 1, Rows: c.to - c.from, Window: s.window(c), Tree: s.pass.branch(c)}
	return a.Parts()
}

// piece is item i's chunk and head: the last ones, which are the longest, first.
func (s *State) piece(i int) (c chunk, head int) {
	return s.chunks[len(s.chunks)-1-i/s.m.KVHeads], i % s.m.KVHeads
}

func (s *State) attend(w *worker, from, to int) {
	for i := from; i < to; i++ {
		c, head := s.piece(i)
		if s.cutShort(c) {
			s.attendEnds(w, c, head)
		} else {
			a := s.aim(w, c, head)
			if s.cache.format.PerChannel {
				s.own(w, c, head)
			}
			s.m.Kernels.Attend(&w.Worker, a, &w.out)
		}
		s.finish(w, c, head, &w.out)
	}
}

// attendPart computes items [from, to), each one part of a piece.
func (s *State) attendPart(w *worker, from, to int) {
	for i := from; i < to; i++ {
		c, head := s.piece(i / s.most)
		part, sinks := i%s.most, s.sinkParts()
		switch low, high := s.partsOf(c); {
		case part < sinks:
			if s.cutShort(c) {
				s.m.Kernels.AttendPart(&w.Worker, s.aimSinks(w, c, head), part, &s.partials[i])
			}
		case part-sinks >= low && part-sinks < high:
			a := s.aim(w, c, head)
			if s.cache.format.PerChannel && a.First/kernel.Part <= part-sinks { // some row's own positions are of the part
				s.own(w, c, head)
			}
			s.m.Kernels.AttendPart(&w.Worker, a, part-sinks, &s.partials[i])
		}
	}
}

func (s *State) mergeParts(w *worker, from, to int) {
	for i := from; i < to; i++ {
		c, head := s.piece(i)
		low, high := s.partsOf(c)
		parts, sinks := s.partials[i*s.most:], s.sinkParts()
		out := &parts[sinks+low]
		if sinks > 0 && s.cutShort(c) {
			out = &parts[0]
			for j := 1; j < sinks; j++ {
				s.m.Kernels.Merge(&w.Worker, out, &parts[j])
			}
			low--
		}
		for j := low + 1; j < high; j++ {
			s.m.Kernels.Merge(&w.Worker, out, &parts[sinks+j])
		}
		s.finish(w, c, head, out)
	}
}

// aim has w's attention be that of a chunk's query heads that read one head, gathered in rows.
func (s *State) aim(w *worker, c chunk, head int) *kernel.Attention {
	m, a, span := s.m, &w.attention, s.pass.Spans[c.span]
	heads := m.Heads / m.KVHeads
	width := heads * m.HeadDim
	a.KV, a.Head, a.Blocks, a.BlockSize = s.cache.layers[s.layer], head, span.Blocks, s.cache.BlockSize
	a.First, a.Heads, a.Rows, a.Window = s.place(c), heads, heads*(c.to-c.from), s.window(c)
	a.Prompt, a.Tree = c.from < s.prompt, s.pass.branch(c)
	a.Q = a.Q[:0]
	for r := c.from; r < c.to; r++ {
		a.Q = append(a.Q, s.q.Row(r)[head*width:(head+1)*width]...)
	}
	return a
}

// finish divides by the weights' sums and puts the rows where they belong.
func (s *State) finish(w *worker, c chunk, head int, p *kernel.Partial) {
	heads := s.m.Heads / s.m.KVHeads
	at := c.from*s.attn.Cols + head*heads*s.m.HeadDim
	s.m.Kernels.Finish(&w.Worker, p, heads, s.attn.X[at:], s.attn.Cols)
	if s.cache.format.Hadamard {
		for r := c.from; r < c.to; r++ {
			s.m.Kernels.Hadamard(&w.Worker, s.attn.Row(r)[head*heads*s.m.HeadDim:][:heads*s.m.HeadDim], s.m.HeadDim)
		}
	}
}

// first is the first position that the query at a position attends to.
func (l *Layer) first(position int) int {
	if l.Window == 0 {
		return 0
	}
	return max(0, position+1-l.Window)
}

func (s *State) quantizeAttn(w *worker, from, to int) {
	f := s.forms(&s.current().O)
	if f.quantized {
		s.m.Kernels.QuantizeRows(&w.Worker, &s.attn, from, to)
	}
	s.split(w, &s.attn, from, to, f)
}
