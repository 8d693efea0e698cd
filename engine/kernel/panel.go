package kernel

import "unsafe"

// A panel is a few weight rows in the order that a tile kernel reads them, unpacked
// once for all activation rows of a batch. It is a sequence of groups.
//
// Float kinds: groups of 4 rows; for every 8 columns, the 8 floats of each row in turn.
//
// Integer kinds: groups of Set.intGroup rows; for every block of 32 columns, one
// number of each row in turn: those of the kind's form, then eight times four bytes,
// columns 4i..4i+3. A step is the size of one number of each row.
//
// Few forms serve all kinds. Where a block of 32 columns has one sub-scale, its product
// with the scale is exact in float32. The sub-scales of Q2_K and Q3_K are multiplied
// with the codes, whose products still fit a byte (for Q3_K only negated: scale and
// codes change sign). Only those of Q6_K are left to the tile kernel.

// form is the content of a panel.
type form uint8

const (
	formFloats  form = iota
	formSigned       // scale; signed bytes, XORed with Set.flip
	formNibbles      // scale; nibbles, counted from 8
	formOffset       // scale, offset; nibbles
	formBiased       // scale; bytes up to 31, counted from 16
	formWide         // scale, offset; bytes up to 31
	formHalves       // scale, both halves' sub-scales as int32; bytes up to 63, counted from 32
	formMins         // scale, scale of minimums, both halves' minimums as int16; bytes up to 45
	forms
)

// numbers is how many each row of a block has before its bytes.
var numbers = [forms]int{formSigned: 1, formNibbles: 1, formOffset: 2, formBiased: 1, formWide: 2, formHalves: 3, formMins: 3}

// floatGroup is the number of weight rows in a group of a float kind's panel.
const floatGroup = 4

// Sizes of the pieces a product is cut into. A panel stays in the first cache while
// all rows of the batch pass over it; a lone row needs no panel, and its pieces only
// bound the time of one kernel call, which cannot be preempted.
const (
	panelBytes = 16 << 10
	loneRows   = 256
)

// packArgs is the one argument of a pack kernel, which makes a panel's part of a few
// consecutive weight rows: 4 of a float kind, 8 of an integer kind. Assembly reads it
// by offset; keep the order.
type packArgs struct {
	w      unsafe.Pointer // 0: the first row
	stride uintptr        // 8
	n      int            // 16: columns
	dst    unsafe.Pointer // 24
	step   uintptr        // 32: bytes, integer kinds only
	flip   uint8          // 40: what signed bytes are XORed with
	ahead  uintptr        // 48: distance from w to what to fetch, for integer kinds
}

// tileArgs is the one argument of a tile kernel: out[a][r] = dot(row r of the panel,
// activation row a), for the number of activation rows that the kernel is made for.
// Assembly reads it by offset; keep the order.
type tileArgs struct {
	panel   unsafe.Pointer // 0
	groups  int            // 8
	n       int            // 16: columns
	x       unsafe.Pointer // 24: first activation row, float32 or int8
	xStride uintptr        // 32: bytes
	d       *float32       // 40: as in dotArgs
	t       *int32         // 48
	s       *float32       // 56
	dStride uintptr        // 64: bytes between the rows of d, t and s
	out     *float32       // 72
	outStep uintptr        // 80: bytes between the rows of out
	h       *int16         // 88: as in dotArgs, dStride bytes between rows, too
	sums    *float32       // 96: where a tile of one row goes on, in place of out; or nil
}

// tileKernel runs a tile of that many activation rows.
type tileKernel struct {
	rows int
	run  func(*tileArgs)
}

// panelShape is how a set lays out panels of a kind and a number of columns.
type panelShape struct {
	group int // weight rows
	size  int // bytes of a group
	step  int // bytes of a step, for integer kinds
	ahead int // bytes behind the rows that follow, where what is fetched ahead begins
}

func (s *Set) shape(k Kind, cols int) panelShape {
	if !k.Integer() {
		return panelShape{group: floatGroup, size: floatGroup * 4 * cols}
	}
	step := 4 * s.intGroup
	steps := numbers[layouts[k].panel] + blockElems/4
	return panelShape{group: s.intGroup, size: cols / blockElems * steps * step, step: step}
}

// packRows is the number of rows that one call of an integer kind's pack kernel takes.
const packRows = 8

// pack fills w's panel with groups of m's rows from row from on.
func (s *Set) pack(w *Worker, p panelShape, m Rows, from, groups int) {
	w.panel = grow(w.panel, groups*p.size/4)
	a := &w.pack
	rows := floatGroup
	if m.Kind.Integer() {
		rows = packRows
	}
	a.stride, a.n, a.step, a.flip = uintptr(m.Stride), m.Cols, uintptr(p.step), s.flip
	a.ahead = uintptr(rows*m.Stride + p.ahead)
	for r := 0; r < groups*p.group; r += rows {
		last := m.Data[(from+r+rows-1)*m.Stride:]
		_ = last[m.Kind.RowBytes(m.Cols)-1] // the kernel reads to here and no further
		a.w = unsafe.Pointer(&m.Data[(from+r)*m.Stride])
		a.dst = unsafe.Pointer(&w.panel[(r/p.group*p.size+r%p.group*4)/4])
		s.packs[m.Kind](a)
	}
}

// Mul writes dst[r][i] = dot(row i of m, row r of x) for all rows r and i in [lo, hi).
// For integer kinds the rows of x have been quantized. w is the calling worker's
// scratch. The results are those of Dot, bit for bit.
func (s *Set) Mul(w *Worker, m Rows, x, dst *Batch, lo, hi int) {
	p := s.shape(m.Kind, m.Cols)
	if x.Rows == 1 || s.packs[m.Kind] == nil || hi-lo < p.group || m.Cols%s.columns(m.Kind) != 0 {
		s.dots(w, m, x, dst, lo, hi)
		return
	}
	most := max(1, panelBytes/p.size)
	for lo < hi {
		groups := min(most, (hi-lo)/p.group)
		if groups == 0 { // the last group again, shifted to end at the last row
			lo, groups = hi-p.group, 1
		}
		s.pack(w, p, m, lo, groups)
		s.tiles(w, m, x, dst, lo, groups)
		lo += groups * p.group
	}
}

// tiles multiplies w's panel, which holds groups from row lo of m on, with all of x.
func (s *Set) tiles(w *Worker, m Rows, x, dst *Batch, lo, groups int) {
	a := &w.tile
	a.panel, a.groups, a.n, a.sums = unsafe.Pointer(&w.panel[0]), groups, m.Cols, nil
	a.outStep = uintptr(4 * dst.Cols)
	kernels := s.tile[layouts[m.Kind].panel]
	for r := 0; r < x.Rows; {
		for kernels[0].rows > x.Rows-r {
			kernels = kernels[1:]
		}
		if m.Kind.Integer() {
			block := r * x.Cols / blockElems
			a.h = &x.h[2*block]
			a.x, a.xStride = unsafe.Pointer(&x.q[r*x.Cols]), uintptr(x.Cols)
			a.d, a.t, a.s, a.dStride = &x.d[block], &x.t[block], &x.s[block], uintptr(x.Cols/blockElems*4)
		} else {
			a.x, a.xStride = unsafe.Pointer(&x.X[r*x.Cols]), uintptr(4*x.Cols)
		}
		a.out = &dst.X[r*dst.Cols+lo]
		kernels[0].run(a)
		r += kernels[0].rows
	}
}

// dots is Mul row by row, a tile of weights at a time.
func (s *Set) dots(w *Worker, m Rows, x, dst *Batch, lo, hi int) {
	tile := loneRows
	if x.Rows > 1 {
		tile = max(group, panelBytes/m.Stride&^(group-1))
	}
	for ; lo < hi; lo += tile {
		to := min(lo+tile, hi)
		for r := range x.Rows {
			s.Dot(w, m, lo, x.Vec(r, 0, x.Cols, m.Kind.Integer()), dst.Row(r)[lo:to])
		}
	}
}

// panelDot is Dot through panels: of groups of whole rows, or of pieces of a group
// where one of whole rows is larger than a panel should be.
func (s *Set) panelDot(w *Worker, m Rows, from int, x Vec, out []float32) {
	p := s.shape(m.Kind, m.Cols)
	if len(out) < p.group || m.Cols%s.columns(m.Kind) != 0 {
		s.narrow.Dot(w, m, from, x, out)
		return
	}
	most := panelBytes / p.size
	for at := 0; at < len(out); {
		groups := min(max(1, most), (len(out)-at)/p.group)
		if groups == 0 { // the last group again, shifted to end at the last row
			at, groups = len(out)-p.group, 1
		}
		if most == 0 {
			s.piecesDot(w, m, from+at, x, out[at:at+p.group])
		} else {
			s.pack(w, p, m, from+at, groups)
			s.lone(w, m.Kind, x, groups, &out[at], nil)
		}
		at += groups * p.group
	}
}

// piecesDot is panelDot of one group, a piece of its columns at a time.
func (s *Set) piecesDot(w *Worker, m Rows, from int, x Vec, out []float32) {
	sums := w.sums[:2*len(out)]
	clear(sums)
	most := panelBytes / s.shape(m.Kind, superElems).size * superElems
	for at := 0; at < m.Cols; at += most {
		n := min(most, m.Cols-at)
		skipped := m.Kind.RowBytes(at)
		p := s.shape(m.Kind, n)
		p.ahead = (p.group-packRows)*m.Stride + (packRows-1)*skipped // this piece's share of the next group
		s.pack(w, p, Rows{Kind: m.Kind, Cols: n, Stride: m.Stride, Data: m.Data[skipped:]}, from, 1)
		s.lone(w, m.Kind, x.part(at, n), 1, &out[0], &sums[0])
	}
	for i := range out {
		out[i] = sums[i] + sums[len(out)+i]
	}
}

// lone multiplies w's panel with x. It goes on from sums, if there are any: those of
// the terms, then those of the offsets.
func (s *Set) lone(w *Worker, k Kind, x Vec, groups int, out, sums *float32) {
	a, kernels := &w.tile, s.tile[layouts[k].panel]
	a.panel, a.groups, a.n, a.sums = unsafe.Pointer(&w.panel[0]), groups, len(x.q), sums
	a.x, a.d, a.t, a.s, a.h = unsafe.Pointer(&x.q[0]), &x.d[0], &x.t[0], &x.s[0], &x.h[0]
	a.out = out
	kernels[len(kernels)-1].run(a)
}
