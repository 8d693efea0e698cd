package kernel

import (
	"math"
	"unsafe"
)

// Batch holds activations: rows x cols in float32 and, after Quantize, in blocks of
// 32 eight-bit integers with a scale.
type Batch struct {
	Rows, Cols int
	X          []float32 // (rows, cols)
	q          []int8    // (rows, cols)
	d, s       []float32 // (rows, cols/32): scale, and scale x sum of the block's integers
	t          []int32   // (rows, cols/32): minus the sum of the block's integers
	h          []int16   // (rows, cols/16): the same for each half of a block
}

// Reset shapes the batch for rows x cols, growing its memory as needed. X is not cleared.
func (b *Batch) Reset(rows, cols int) {
	b.Rows, b.Cols = rows, cols
	b.X = grow(b.X, rows*cols)
}

// Row is one row of X.
func (b *Batch) Row(r int) []float32 { return b.X[r*b.Cols : (r+1)*b.Cols] }

// Reserve makes room for quantized rows, so that QuantizeRows may run concurrently.
func (b *Batch) Reserve() {
	b.q = grow(b.q, b.Rows*b.Cols)
	b.d = grow(b.d, b.Rows*b.Cols/blockElems)
	b.s = grow(b.s, b.Rows*b.Cols/blockElems)
	b.t = grow(b.t, b.Rows*b.Cols/blockElems)
	b.h = grow(b.h, b.Rows*b.Cols/blockElems*2)
}

// QuantizeRows quantizes rows [from, to) of b; b.Cols is a multiple of 32. What it
// makes of infinities and NaN is not defined.
func (s *Set) QuantizeRows(w *Worker, b *Batch, from, to int) {
	if from == to {
		return
	}
	x, block := from*b.Cols, from*b.Cols/blockElems
	end := to * b.Cols / blockElems
	a := &w.quantize
	a.x, a.q = &b.X[x : to*b.Cols][0], &b.q[x : to*b.Cols][0]
	a.d, a.s, a.t = &b.d[block:end][0], &b.s[block:end][0], &b.t[block:end][0]
	a.h = &b.h[2*block : 2*end][0]
	a.blocks = end - block
	s.quantize(a)
}

// quantizeArgs is the one argument of a quantize kernel. Assembly reads it by offset;
// keep the order.
type quantizeArgs struct {
	x      *float32 // 0
	q      *int8    // 8
	d, s   *float32 // 16, 24
	t      *int32   // 32
	blocks int      // 40
	h      *int16   // 48
}

func quantizeBlocks(a *quantizeArgs) {
	x, q := unsafe.Slice(a.x, a.blocks*blockElems), unsafe.Slice(a.q, a.blocks*blockElems)
	d, s, t := unsafe.Slice(a.d, a.blocks), unsafe.Slice(a.s, a.blocks), unsafe.Slice(a.t, a.blocks)
	h := unsafe.Slice(a.h, 2*a.blocks)
	for i := range d {
		block := q[i*blockElems : (i+1)*blockElems]
		d[i] = quantizeBlock(block, x[i*blockElems:(i+1)*blockElems])
		low, high := sumInts(block[:blockElems/2]), sumInts(block[blockElems/2:])
		sum := low + high
		s[i], t[i] = float32(d[i]*float32(sum)), -sum
		h[2*i], h[2*i+1] = int16(-low), int16(-high)
	}
}

// rounder, added and subtracted, rounds a float32 below 2^22 to the nearest integer, ties to even.
const rounder = 3 << 22

// quantizeBlock is symmetric 8-bit quantization: q = round(x / d) with d = max|x| / 127,
// and all zero where 1/d is not finite. It returns d.
func quantizeBlock(q []int8, x []float32) float32 {
	var top float32
	for _, v := range x {
		top = max(top, v, -v)
	}
	d := top / 127
	inverse := 1 / d
	if inverse > math.MaxFloat32 {
		clear(q)
		return 0
	}
	for i, v := range x {
		q[i] = int8(int32(float32(v*inverse) + rounder - rounder))
	}
	return d
}

func sumInts(q []int8) (sum int32) {
	for _, v := range q {
		sum += int32(v)
	}
	return sum
}

// Vec is one row of a batch, or a part of it.
type Vec struct {
	x    []float32
	q    []int8
	d, s []float32
	t    []int32
	h    []int16
}

// Vec is columns [from, from+n) of row r. For integer kinds the row has been
// quantized and from and n are multiples of 32.
func (b *Batch) Vec(r, from, n int, quantized bool) Vec {
	at := r*b.Cols + from
	v := Vec{x: b.X[at : at+n]}
	if quantized {
		block := at / blockElems
		end := block + n/blockElems
		v.q, v.d, v.s, v.t = b.q[at:at+n], b.d[block:end], b.s[block:end], b.t[block:end]
		v.h = b.h[2*block : 2*end]
	}
	return v
}

// part is n quantized columns from at on, both multiples of 32.
func (v Vec) part(at, n int) Vec {
	block := at / blockElems
	return Vec{q: v.q[at : at+n], d: v.d[block:], s: v.s[block:], t: v.t[block:], h: v.h[2*block:]}
}

func (v Vec) fill(a *dotArgs, k Kind) {
	if k.Integer() {
		a.q, a.d, a.s, a.t = &v.q[:a.n][0], &v.d[:a.n/blockElems][0], &v.s[0], &v.t[0]
		a.h = &v.h[0]
		return
	}
	a.x = &v.x[:a.n][0]
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
