package kernel

import (
	"math"
	"unsafe"
)

// The functions of this file take a worker's scratch and allocate nothing; x and y of
// one call do not overlap, unless they are the same slice. A row's result depends on
// nothing but the row.

// RMSNorm writes x / sqrt(mean(x^2) + eps) x weight to dst (Zhang and Sennrich 2019), which
// may be x.
func (s *Set) RMSNorm(w *Worker, dst, x, weight []float32, eps float32) {
	s.norm(w, x, nil, eps)
	s.rowwise(w, s.scaled, dst, x, weight)
}

// NormQuantize adds y to x, unless it is nil, and makes what RMSNorm makes of x the quantized
// form of row r of b, which has been Reserved; x is as long as the row, a multiple of 32. The
// row's floats are written only if keep is set.
func (s *Set) NormQuantize(w *Worker, b *Batch, r int, x, y, weight []float32, eps float32, keep bool) {
	s.norm(w, x, y, eps)
	s.produce(w, s.scaled, b, r, x, weight, keep)
}

// AddNorm adds y to x, unless it is nil, and writes what RMSNorm makes of it to dst.
func (s *Set) AddNorm(w *Worker, dst, x, y, weight []float32, eps float32) {
	s.norm(w, x, y, eps)
	s.rowwise(w, s.scaled, dst, x, weight)
}

// norm sets the factor that x is to be multiplied by.
func (s *Set) norm(w *Worker, x, y []float32, eps float32) {
	a := w.row.of(x)
	a.y, a.wide = nil, [16]float64{}
	if y != nil {
		a.y = &y[:a.n][0]
	}
	s.squares(a)
	a.f = float32(1 / math.Sqrt(a.mean()+float64(eps)))
}

// SiLUMul writes gate x sigmoid(gate) x up to dst (Shazeer 2020).
func (s *Set) SiLUMul(w *Worker, dst, gate, up []float32) { s.rowwise(w, s.silu, dst, gate, up) }

// GELUMul writes GELU(gate) x up to dst, in the approximation by tanh.
func (s *Set) GELUMul(w *Worker, dst, gate, up []float32) { s.rowwise(w, s.gelu, dst, gate, up) }

// SiLUQuantize makes SiLUMul's result the quantized form of row r of b, as NormQuantize does.
func (s *Set) SiLUQuantize(w *Worker, b *Batch, r int, gate, up []float32, keep bool) {
	s.produce(w, s.silu, b, r, gate, up, keep)
}

// GELUQuantize makes GELUMul's result the quantized form of row r of b, as NormQuantize does.
func (s *Set) GELUQuantize(w *Worker, b *Batch, r int, gate, up []float32, keep bool) {
	s.produce(w, s.gelu, b, r, gate, up, keep)
}

// rowwise runs f over x and y.
func (s *Set) rowwise(w *Worker, f func(*rowArgs), dst, x, y []float32) {
	a := w.row.of(x)
	a.y, a.dst = &y[:a.n][0], &dst[:a.n][0]
	f(a)
}

// produce runs f over x and y and quantizes the result while it is in the nearest cache.
func (s *Set) produce(w *Worker, f func(*rowArgs), b *Batch, r int, x, y []float32, keep bool) {
	a := &w.row
	b.aim(a, r)
	code := s.code(b, r)
	x, y = x[:b.Cols], y[:b.Cols]
	for at := 0; at < b.Cols; at += len(a.scratch) {
		if at > 0 { // not at the end: no pointer may lie behind its memory
			a.skip(len(a.scratch) / blockElems)
		}
		n := min(len(a.scratch), b.Cols-at)
		dst := a.scratch[:n]
		if keep {
			dst = b.Row(r)[at : at+n]
		}
		a.x, a.y, a.dst, a.n = &x[at], &y[at], &dst[0], n
		f(a)
		a.x = &dst[0]
		code(a)
	}
}

// skip moves on by so many blocks of the quantized form.
func (a *rowArgs) skip(blocks int) {
	q, d := uintptr(blocks)*a.step.q, uintptr(blocks)*a.step.d
	a.q = (*int8)(unsafe.Add(unsafe.Pointer(a.q), q))
	a.d = (*float32)(unsafe.Add(unsafe.Pointer(a.d), d))
	a.s = (*float32)(unsafe.Add(unsafe.Pointer(a.s), d))
	a.t = (*int32)(unsafe.Add(unsafe.Pointer(a.t), d))
	a.h = (*float32)(unsafe.Add(unsafe.Pointer(a.h), 2*d))
}

// Add adds y to x.
func (s *Set) Add(w *Worker, x, y []float32) {
	a := w.row.of(x)
	a.y = &y[:a.n][0]
	s.add(a)
}

// Scale multiplies x by f.
func (s *Set) Scale(w *Worker, x []float32, f float32) {
	a := w.row.of(x)
	a.f = f
	s.scale(a)
}

// Softmax replaces x by exp(x - max) / sum in place. No element is NaN.
func (s *Set) Softmax(w *Worker, x []float32) {
	a := w.row.of(x)
	a.f, a.part = float32(math.Inf(-1)), [16]float32{}
	s.top(a)
	s.exps(a)
	a.f = 1 / a.sum()
	s.scale(a)
}

// RopePairs rotates adjacent pairs (x[2i], x[2i+1]) of each head of x, head columns wide, by
// the angles whose cosines and sines are given (Su et al. 2021), one for each pair. Columns
// of a head behind those pairs stay.
func (s *Set) RopePairs(w *Worker, x, cos, sin []float32, head int) {
	s.turnPairs(w.row.heads(x, cos, sin, head))
}

// RopeHalves rotates (x[i], x[i+len(cos)]), the layout of GPT-NeoX, likewise.
func (s *Set) RopeHalves(w *Worker, x, cos, sin []float32, head int) {
	s.turnHalves(w.row.heads(x, cos, sin, head))
}

// of sets the elements to work on.
func (a *rowArgs) of(x []float32) *rowArgs {
	a.x, a.n, a.from = &x[0], len(x), 0
	return a
}

func (a *rowArgs) heads(x, cos, sin []float32, head int) *rowArgs {
	a.of(x)
	a.cos, a.sin, a.n = &cos[0], &sin[:len(cos)][0], len(cos)
	a.many, a.next = len(x)/head, uintptr(4*head)
	return a
}
