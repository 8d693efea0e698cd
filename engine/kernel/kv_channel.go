package kernel

import (
	"unsafe"

	"github.com/assaylab/assay/engine/quant"
)

// Seal writes a head's keys per channel of the 32 slots from slot on, a multiple of 32. Keys are
// (2, dim, 16): of 16 slots after the other. Different heads and slots can be written
// concurrently.
func (s *Set) Seal(w *Worker, x *KV, head, slot int, keys []float32) {
	w.column = grow(w.column, blockElems*x.dim)
	for c := range x.dim {
		to := w.column[c*blockElems:][:blockElems]
		copy(to, keys[c*Group:][:Group])
		copy(to[Group:], keys[(x.dim+c)*Group:][:Group])
	}
	scale := x.kScale[(head*x.slots+slot)/blockElems*x.dim:][:x.dim]
	low := x.k[elemBytes(x.format.K, x.keyAt(head, slot)):]
	high := x.k[elemBytes(x.format.K, x.keyAt(head, slot+Group)):]
	if x.format.K == Q4_0 {
		for c, blocks := 0, w.nibbles(w.column); c < x.dim; c, blocks = c+1, blocks[nibbleBlock:] {
			scale[c] = nibblesScale(blocks)
			halve(low[c*Group/2:], high[c*Group/2:], blocks[nibbleScale:nibbleBlock])
		}
		return
	}
	codes := s.codes(w, w.column)
	for c := range x.dim {
		scale[c] = quant.F32ToF16(w.codes.d[c])
		copy(view[int8](low)[c*Group:][:Group], codes[c*blockElems:])
		copy(view[int8](high)[c*Group:][:Group], codes[c*blockElems+Group:])
	}
}

// widenChannels makes n groups of a head's keys per channel floats, (n, dim, 16).
func (x *KV) widenChannels(s *Set, w *Worker, head, group, n int) {
	widen := s.widenRows
	if x.format.K == Q4_0 {
		widen = s.widenRows4
	}
	for i := range n {
		slot := (group + i) * Group
		w.widen = widenArgs{
			(*int8)(unsafe.Pointer(&x.k[elemBytes(x.format.K, x.keyAt(head, slot))])),
			&x.kScale[(head*x.slots+slot)/blockElems*x.dim], &w.wide[i*Group*x.dim], x.dim,
		}
		widen(&w.widen)
	}
}

// scoreOwn replaces the scores of the 32 positions that a row's own belongs to, as far as they are
// of the part, by those of keys that are not sealed. Which keys a row reads in which form is
// thereby a function of its position.
func (p *part) scoreOwn(s *Set, w *Worker) {
	a, dim, first := &w.float, p.KV.dim, p.First/SealedSlots
	for r := p.from; r < p.to && p.Attention.end(r)-1 < p.base+Part; {
		own := (p.Attention.end(r) - 1) / SealedSlots
		rows := min(p.to, max(0, (own+1)*SealedSlots-p.First)*p.Heads) - r
		a.n, a.groups, a.carry = dim, SealedSlots/Group, 0
		a.w, a.step = unsafe.Pointer(&p.Own[(own-first)*SealedSlots*dim]), uintptr(4*Group*dim)
		a.x, a.xStep = &p.Q[r*dim], uintptr(4*dim)
		a.to, a.toStep, a.toGroup = &p.row(r)[own*SealedSlots-p.base], 4*Part, 4*Group
		a.chains(s.float[F32], rows)
		r += rows
	}
}
