package kernel

// Batch holds activations: rows x cols in float32 and, after Quantize, in blocks of
// 32 eight-bit integers with a scale.
type Batch struct {
	Rows, Cols int
	X          []float32 // (rows, cols)
	q          []int8    // (rows, cols)
	d, s       []float32 // (rows, cols/32): scale, and scale x sum of the block's integers
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
}

// QuantizeRows quantizes rows [from, to); Cols is a multiple of 32.
func (b *Batch) QuantizeRows(from, to int) {
	n := b.Cols / blockElems
	for i := from * n; i < to*n; i++ {
		b.d[i], b.s[i] = quantizeBlock(b.q[i*blockElems:(i+1)*blockElems], b.X[i*blockElems:(i+1)*blockElems])
	}
}

// rounder, added and subtracted, rounds a float32 below 2^22 to the nearest integer, ties to even.
const rounder = 3 << 22

// quantizeBlock is symmetric 8-bit quantization: q = round(x / d) with d = max|x| / 127.
func quantizeBlock(q []int8, x []float32) (d, s float32) {
	var top float32
	for _, v := range x {
		top = max(top, v, -v)
	}
	d = top / 127
	if d == 0 {
		clear(q)
		return 0, 0
	}
	inverse := 1 / d
	sum := int32(0)
	for i, v := range x {
		r := int32(float32(v*inverse) + rounder - rounder)
		q[i] = int8(r)
		sum += r
	}
	return d, float32(d * float32(sum))
}

// Vec is one row of a batch, or a part of it.
type Vec struct {
	x    []float32
	q    []int8
	d, s []float32
}

// Vec is columns [from, from+n) of row r. For integer kinds the row has been
// quantized and from and n are multiples of 32.
func (b *Batch) Vec(r, from, n int, quantized bool) Vec {
	at := r*b.Cols + from
	v := Vec{x: b.X[at : at+n]}
	if quantized {
		block := at / blockElems
		v.q, v.d, v.s = b.q[at:at+n], b.d[block:block+n/blockElems], b.s[block:block+n/blockElems]
	}
	return v
}

func (v Vec) fill(a *dotArgs, k Kind) {
	if k.Integer() {
		a.q, a.d, a.s = &v.q[:a.n][0], &v.d[:a.n/blockElems][0], &v.s[0]
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
