package kernel

import "unsafe"

// Batch holds activations: rows x cols in float32 and, after QuantizeRows, in blocks
// of 32 eight-bit integers with a scale.
//
// The quantized form is laid out in strips of 16 rows, the last one of as many as there
// are: strip s of H rows begins at row 16 s of each array and has block after block, of
// each block the H rows in turn.
//
// The first rows may be those of prompts, which are in bfloat16 instead (prompt.go), rounded or
// in two parts, in strips that are always of 16 rows; the quantized form has the rows behind
// them.
type Batch struct {
	Rows, Cols int
	X          []float32 // (rows, cols)
	prompt     int       // the first rows, in bfloat16
	wide       []uint16  // of those: (strips, cols/32, 16, 32)
	split      []uint16  // of those: high parts and low ones, (2, strips, cols/32, 16, 32)
	q          []int8    // (strips, cols/32, H, 32), and spare bytes
	d, s       []float32 // (strips, cols/32, H): scale, and scale x sum of the block's integers
	t          []int32   // (strips, cols/32, H): -128 x sum
	h          []float32 // (strips, cols/32, H, 2): minus the sum of each half of the block
}

// spare bytes may be read behind the last strip of q: what a strip of 16 rows would
// have in one block.
const spare = Group * blockElems

// Reset shapes the batch for rows x cols, growing its memory as needed. X is not cleared.
func (b *Batch) Reset(rows, cols int) {
	b.Rows, b.Cols, b.prompt = rows, cols, 0
	b.X = grow(b.X, rows*cols)
}

// Row is one row of X.
func (b *Batch) Row(r int) []float32 { return b.X[r*b.Cols : (r+1)*b.Cols] }

// Reserve makes room for quantized rows, so that QuantizeRows may run concurrently.
// b.Cols is a multiple of 32.
func (b *Batch) Reserve() { b.ReservePrompt(0) }

// ReservePrompt is Reserve with so many first rows that are a prompt's: none, where the set
// that computes them does not tell them from others.
func (b *Batch) ReservePrompt(rows int) {
	b.prompt = rows
	b.wide = growAligned(b.wide, b.promptSize())
	rest := b.Rows - rows
	blocks := rest * b.Cols / blockElems
	b.q = grow(b.q, rest*b.Cols+spare)
	b.d = grow(b.d, blocks)
	b.s = grow(b.s, blocks)
	b.t = grow(b.t, blocks)
	b.h = grow(b.h, 2*blocks)
}

// ReserveSplit makes room for the parts of as many rows of prompts as ReservePrompt was told of,
// so that SplitRows may run concurrently.
func (b *Batch) ReserveSplit() { b.split = growAligned(b.split, 2*b.promptSize()) }

// promptSize is the elements of prompts' rows, with those that fill their last strip.
func (b *Batch) promptSize() int { return roundUp(b.prompt, Group) * b.Cols }

// QuantizeRows quantizes rows [from, to) of b, which Reserve has made room for, or rounds
// them to bfloat16; b.Cols is a multiple of 32. Different rows may be quantized concurrently.
// What it makes of infinities and NaN is not defined.
func (s *Set) QuantizeRows(w *Worker, b *Batch, from, to int) {
	for r := from; r < to; r++ {
		b.aim(&w.row, r)
		s.code(b, r)(&w.row)
	}
}

// code is what makes b's row r what products read.
func (s *Set) code(b *Batch, r int) func(*rowArgs) {
	if r < b.prompt {
		return s.prompt.round
	}
	return s.quantize
}

// aim has a's row be row r of b, and where its quantized form is to be written.
func (b *Batch) aim(a *rowArgs, r int) {
	a.x, a.n, a.from = &b.Row(r)[0], b.Cols, 0
	if r < b.prompt {
		a.q = (*int8)(unsafe.Pointer(&b.wide[b.promptAt(r)]))
		a.d, a.s, a.t, a.h = nil, nil, nil, nil
		a.step = quantSteps{q: stripBytes}
		return
	}
	r -= b.prompt
	v := b.strip(r / Group)
	a.step = quantSteps{q: v.qStep, d: v.dStep}
	a.q, a.d, a.s, a.t, a.h = v.row(r % Group)
}

// promptAt is where row r's part of its strip's first block is.
func (b *Batch) promptAt(r int) int { return r/Group*Group*b.Cols + r%Group*blockElems }

// stripView is one strip: where its first block's first row is, and the steps from block to
// block, of h twice that of d.
type stripView struct {
	rows         int
	q            []int8
	d, s         []float32
	t            []int32
	h            []float32
	qStep, dStep uintptr // bytes
}

// codedRows is the number of rows that are quantized.
func (b *Batch) codedRows() int { return b.Rows - b.prompt }

// strip is strip i of b's quantized form.
func (b *Batch) strip(i int) stripView {
	from := i * Group
	rows := min(Group, b.codedRows()-from)
	at, n := from*b.Cols/blockElems, rows*b.Cols/blockElems
	return stripView{
		rows: rows, q: b.q[from*b.Cols : (from+rows)*b.Cols], d: b.d[at : at+n], s: b.s[at : at+n], t: b.t[at : at+n],
		h: b.h[2*at : 2*(at+n)], qStep: uintptr(rows * blockElems), dStep: uintptr(4 * rows),
	}
}

// row points at row r's part of the strip's first block.
func (v *stripView) row(r int) (q *int8, d, s *float32, t *int32, h *float32) {
	return &v.q[r*blockElems], &v.d[r], &v.s[r], &v.t[r], &v.h[2*r]
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
