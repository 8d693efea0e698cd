package model

import "math"

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
		if s.m.Temperature != 0 {
			s.m.products.Scale(&w.Worker, q, s.m.temperature(p))
		}
		blocks := s.pass.Spans[s.spanOf[r]].Blocks
		slot := int(blocks[p/s.cache.BlockSize])*s.cache.BlockSize + p%s.cache.BlockSize
		s.cache.store(s.layer, slot, k, v)
	}
	if s.cache.kind.Integer() {
		s.m.Kernels.QuantizeRows(&w.cached, &s.queries, from, to)
	}
}

func (s *State) addBias(w *worker, x, bias []float32) {
	if bias != nil {
		s.m.products.Add(&w.Worker, x, bias)
	}
}

// normHeads norms each head's part of x (Henry et al. 2020); a nil weight is none.
func (s *State) normHeads(w *worker, x, weight []float32) {
	if weight == nil {
		return
	}
	for h := 0; h < len(x); h += s.m.HeadDim {
		head := x[h : h+s.m.HeadDim]
		s.m.products.RMSNorm(&w.Worker, head, head, weight, s.m.Eps)
	}
}

func (s *State) rotate(w *worker, x, cos, sin []float32) {
	if s.m.Rope == RopeHalves {
		s.m.products.RopeHalves(&w.Worker, x, cos, sin, s.m.HeadDim)
	} else {
		s.m.products.RopePairs(&w.Worker, x, cos, sin, s.m.HeadDim)
	}
}

// temperature is what the query at a position is multiplied by.
func (c *Config) temperature(position int) float32 {
	return float32(1 + c.Temperature*math.Log(1+float64(position/c.TemperatureLength)))
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
	first := s.current().first(n - 1)
	group := m.Heads / m.KVHeads
	for r := range s.runs(row, first, n) {
		keys := s.cache.head(s.cache.k[s.layer], r.slot, r.count, kvHead, m.HeadDim)
		for g := range group {
			q := s.queries.Vec(row, (kvHead*group+g)*m.HeadDim, m.HeadDim, s.cache.kind.Integer())
			m.Kernels.Dot(&w.cached, keys, 0, q, w.scores[g*s.longest+r.at:][:r.count])
		}
	}
	for g := range group {
		scores := w.scores[g*s.longest+first : g*s.longest+n]
		m.products.Scale(&w.Worker, scores, m.AttentionScale)
		m.products.Softmax(&w.Worker, scores)
		clear(s.attnHead(row, kvHead*group+g))
	}
	for r := range s.runs(row, first, n) {
		values := s.cache.head(s.cache.v[s.layer], r.slot, r.count, kvHead, m.HeadDim)
		for g := range group {
			m.Kernels.Sum(&w.cached, values, 0, w.scores[g*s.longest+r.at:][:r.count], s.attnHead(row, kvHead*group+g))
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

func (s *State) attnHead(row, head int) []float32 {
	return s.attn.Row(row)[head*s.m.HeadDim : (head+1)*s.m.HeadDim]
}

// run is count positions of a sequence, the first being position at, in consecutive
// slots of the cache.
type run struct{ slot, at, count int }

// runs yields positions [from, n) of a row's sequence, neighbouring blocks joined:
// fewer and longer kernel calls.
func (s *State) runs(row, from, n int) func(yield func(run) bool) {
	return func(yield func(run) bool) {
		blocks, size := s.pass.Spans[s.spanOf[row]].Blocks, s.cache.BlockSize
		for at := from; at < n; {
			first := at / size
			end := first + 1
			for end*size < n && blocks[end] == blocks[end-1]+1 {
				end++
			}
			r := run{int(blocks[first])*size + at%size, at, min(n, end*size) - at}
			if !yield(r) {
				return
			}
			at += r.count
		}
	}
}

func (s *State) quantizeAttn(w *worker, from, to int) {
	if s.current().O.Kind.Integer() {
		s.m.products.QuantizeRows(&w.Worker, &s.attn, from, to)
	}
}
