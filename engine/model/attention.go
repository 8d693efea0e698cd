package model

import (
	"math"

	"github.com/assaylab/assay/engine/kernel"
)

// rotateAndStore turns the rows' queries and keys by their positions and writes keys
// and values to the cache, from where alone they are read.
func (s *State) rotateAndStore(w *worker, from, to int) {
	for r := from; r < to; r++ {
		p := int(s.pass.Positions[r])
		s.rotate(s.q.Row(r), p)
		s.rotate(s.k.Row(r), p)
		blocks := s.pass.Spans[s.spanOf[r]].Blocks
		slot := int(blocks[p/s.cache.BlockSize])*s.cache.BlockSize + p%s.cache.BlockSize
		s.cache.store(s.layer, slot, s.k.Row(r), s.v.Row(r))
	}
	if s.cache.kind.Integer() {
		s.m.Kernels.QuantizeRows(&w.Worker, &s.q, from, to)
	}
}

func (s *State) rotate(x []float32, position int) {
	n := s.m.RopeDim / 2
	cos, sin := s.m.cos[position*n:(position+1)*n], s.m.sin[position*n:(position+1)*n]
	for h := 0; h < len(x); h += s.m.HeadDim {
		if s.m.Rope == RopeHalves {
			kernel.RopeHalves(x[h:h+s.m.HeadDim], cos, sin)
		} else {
			kernel.RopePairs(x[h:h+s.m.HeadDim], cos, sin)
		}
	}
}

// attend computes items [from, to), item i being key head i mod KVHeads of row
// i / KVHeads: all query heads of that group (Ainslie et al. 2023).
func (s *State) attend(w *worker, from, to int) {
	for i := from; i < to; i++ {
		s.attendHead(w, i/s.m.KVHeads, i%s.m.KVHeads)
	}
}

func (s *State) attendHead(w *worker, row, kvHead int) {
	m, n := s.m, int(s.pass.Positions[row])+1
	group := m.Heads / m.KVHeads
	scale := float32(1 / math.Sqrt(float64(m.HeadDim)))
	for r := range s.runs(row, n) {
		keys := s.cache.head(s.cache.k[s.layer], r.slot, r.count, kvHead, m.HeadDim)
		for g := range group {
			q := s.q.Vec(row, (kvHead*group+g)*m.HeadDim, m.HeadDim, s.cache.kind.Integer())
			m.Kernels.Dot(&w.Worker, keys, 0, q, w.scores[g*m.Context+r.at:][:r.count])
		}
	}
	for g := range group {
		scores := w.scores[g*m.Context:][:n]
		m.Kernels.Scale(scores, scale)
		m.Kernels.Softmax(scores)
		clear(s.attnHead(row, kvHead*group+g))
	}
	for r := range s.runs(row, n) {
		values := s.cache.head(s.cache.v[s.layer], r.slot, r.count, kvHead, m.HeadDim)
		for g := range group {
			m.Kernels.Sum(&w.Worker, values, 0, w.scores[g*m.Context+r.at:][:r.count], s.attnHead(row, kvHead*group+g))
		}
	}
}

func (s *State) attnHead(row, head int) []float32 {
	return s.attn.Row(row)[head*s.m.HeadDim : (head+1)*s.m.HeadDim]
}

// run is count positions of a sequence, the first being position at, in consecutive
// slots of the cache.
type run struct{ slot, at, count int }

// runs yields the first n positions of a row's sequence, neighbouring blocks joined:
// fewer and longer kernel calls.
func (s *State) runs(row, n int) func(yield func(run) bool) {
	return func(yield func(run) bool) {
		blocks, size := s.pass.Spans[s.spanOf[row]].Blocks, s.cache.BlockSize
		for at := 0; at < n; {
			first := at / size
			end := first + 1
			for end*size < n && blocks[end] == blocks[end-1]+1 {
				end++
			}
			r := run{int(blocks[first]) * size, at, min(n, end*size) - at}
			if !yield(r) {
				return
			}
			at += r.count
		}
	}
}

func (s *State) quantizeAttn(w *worker, from, to int) {
	if s.current().O.Kind.Integer() {
		s.m.Kernels.QuantizeRows(&w.Worker, &s.attn, from, to)
	}
}
