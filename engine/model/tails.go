package model

import (
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/quant"
)

// Keys with scales per channel are sealed 32 positions at a time, [32 i, 32 i + 32), by absolute
// positions, in the pass that computes the last of them. A row at position p reads sealed keys of
// positions below p/32*32, and keys in bf16 of the others: which form it reads follows from p
// alone, however prompts are cut and rows are batched.
//
// The bf16 keys are those of the pass itself, and before them a tail that is kept of every
// sequence. Drafts that did not stand may have been sealed, with positions that did: these are
// computed or kept still, and are sealed again before anybody reads them.

// tailLength is how many positions are kept of a sequence, of position p at p mod so many: those
// that share scales with the next one, even if as many as rollback of the last ones are taken
// back.
func tailLength(rollback int) int {
	return (SealedPositions + rollback + SealedPositions - 1) / SealedPositions * SealedPositions
}

// tails are the keys that are kept.
type tails struct {
	keys               []uint16 // bf16: (layers, count, length, dim)
	count, length, dim int
	prior              []int32 // of each span of the pass, an earlier one of the same sequence; -1 for none
	ends               []int32 // of each span, the position behind the last one of the sequence's in the pass
}

func newTails(m *Model, x *Cache) (t tails) {
	if x.format.PerChannel {
		t.count, t.length, t.dim = max(1, x.Tails), tailLength(x.Rollback), m.KVDim()
		t.keys = make([]uint16, m.Layers*t.count*t.length*t.dim)
	}
	return t
}

// reset finds the spans of one sequence: those of a prompt and of what was generated, when both
// are computed again.
func (t *tails) reset(p *Pass) {
	t.prior, t.ends = t.prior[:0], t.ends[:0]
	for i, s := range p.Spans {
		prior := int32(-1)
		end := p.Positions[s.To-1] + 1
		for j := range i {
			if s.Tail >= 0 && p.Spans[j].Tail == s.Tail {
				prior, t.ends[j] = int32(j), end
			}
		}
		t.prior, t.ends = append(t.prior, prior), append(t.ends, end)
	}
}

// at is what is kept of a position.
func (t *tails) at(layer, tail, position int) []uint16 {
	return t.keys[((layer*t.count+tail)*t.length+position%t.length)*t.dim:][:t.dim]
}

// roundKey has k be what bf16 keeps of it.
func roundKey(k []float32) {
	for i, v := range k {
		k[i] = quant.BF16ToF32(quant.F32ToBF16(v))
	}
}

// seal writes the keys of 32 positions for each row that is the last of them.
func (s *State) seal(w *worker, from, to int) {
	for r := from; r < to; r++ {
		p, span := int(s.pass.Positions[r]), int(s.spanOf[r])
		if p%SealedPositions != SealedPositions-1 {
			continue
		}
		first := p - SealedPositions + 1
		for head := range s.m.KVHeads {
			w.own = s.unsealed(w.own[:0], span, head, first)
			s.m.Kernels.Seal(&w.Worker, s.cache.layers[s.layer], head, s.slot(span, first), w.own)
		}
	}
}

// unsealed appends a head's keys of the 32 positions from first on, (2, dim, 16), 0 where
// there are none yet.
func (s *State) unsealed(to []float32, span, head, first int) []float32 {
	const group = kernel.Group
	dim, from := s.m.HeadDim, len(to)
	for range SealedPositions * dim {
		to = append(to, 0)
	}
	for i := range SealedPositions {
		at := to[from+i/group*group*dim+i%group:]
		row, kept := s.key(span, first+i)
		switch {
		case row != nil:
			for c, v := range row[head*dim:][:dim] {
				at[c*group] = v
			}
		case kept != nil:
			for c, v := range kept[head*dim:][:dim] {
				at[c*group] = quant.BF16ToF32(v)
			}
		}
	}
	return to
}

// key is all heads' keys of a position of the span's sequence: the pass's, or those kept.
func (s *State) key(span, position int) (row []float32, kept []uint16) {
	tail := s.pass.Spans[span].Tail
	for ; span >= 0; span = int(s.tails.prior[span]) {
		x := s.pass.Spans[span]
		first := int(s.pass.Positions[x.From])
		if r := x.From + position - first; r >= x.To {
			return nil, nil
		} else if r >= x.From {
			return s.k.Row(r), nil
		}
	}
	if tail < 0 {
		return nil, nil
	}
	return nil, s.tails.at(s.layer, int(tail), position)
}

// keepTails keeps the last keys of each sequence.
func (s *State) keepTails(_ *worker, from, to int) {
	for r := from; r < to; r++ {
		p, span := int(s.pass.Positions[r]), s.spanOf[r]
		tail := s.pass.Spans[span].Tail
		if tail < 0 || p < int(s.tails.ends[span])-s.tails.length {
			continue
		}
		to := s.tails.at(s.layer, int(tail), p)
		for i, v := range s.k.Row(r) {
			to[i] = quant.F32ToBF16(v)
		}
	}
}

// own has an attention read the keys that its rows' positions share scales with.
func (s *State) own(w *worker, c chunk, head int) {
	first, last := int(s.pass.Positions[c.from]), int(s.pass.Positions[c.to-1])
	w.own = w.own[:0]
	for p := first / SealedPositions * SealedPositions; p <= last; p += SealedPositions {
		w.own = s.unsealed(w.own, c.span, head, p)
	}
	w.attention.Own = w.own
}
