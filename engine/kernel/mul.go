package kernel

// Sizes of the pieces a product is cut into.
const (
	// fewBlocks of a group, unpacked, stay in the first cache beside what is read with
	// them, while a strip's rows pass over them a few at a time.
	fewBlocks = 32
	// panelBytes are of unpacked groups, which stay in the second cache while all
	// strips pass over them.
	panelBytes = 128 << 10
	// streamBytes bound the time of one call that reads weights for one row: calls
	// cannot be preempted.
	streamBytes = 256 << 10
	// tileBlocks bound that of one call for many strips: blocks x strips x groups.
	tileBlocks = 4096
)

// Mul writes dst[r][i] = dot(row i of m, row r of x) for all rows r of x and the rows i
// of m's groups [lo, hi). dst is (x.Rows, m.Rows). For integer kinds the rows of x have
// been quantized, or rounded; where Splits says so, those of prompts have been split. w is the
// calling worker's scratch.
func (s *Set) Mul(w *Worker, m *Matrix, x, dst *Batch, lo, hi int) {
	p := product{s: s, w: w, m: m, x: x, dst: dst}
	p.groups(lo, hi)
}

// MulCoded is Mul for the rows behind those of prompts alone.
func (s *Set) MulCoded(w *Worker, m *Matrix, x, dst *Batch, lo, hi int) {
	p := product{s: s, w: w, m: m, x: x, dst: dst, coded: true}
	p.groups(lo, hi)
}

// groups multiplies with groups [lo, hi).
func (p *product) groups(lo, hi int) {
	if p.x.Rows == 0 || lo >= hi {
		return
	}
	if whole := p.m.Rows / Group; hi > whole { // a last group with rows that are not dst's
		p.run(lo, whole)
		p.last(whole)
		return
	}
	p.run(lo, hi)
}

// product is one call of Mul.
type product struct {
	s      *Set
	w      *Worker
	m      *Matrix
	x, dst *Batch
	coded  bool // leave out the rows of prompts
}

// run multiplies with groups that are whole.
func (p *product) run(lo, hi int) {
	if lo >= hi {
		return
	}
	if p.hasPrompts() && !p.coded {
		p.prompts(lo, hi)
	}
	if !p.m.Kind.Integer() {
		p.floats(lo, hi)
		return
	}
	switch rows := p.x.codedRows(); {
	case rows == 0:
	case rows == 1 && p.s.line[p.m.Kind] != nil:
		p.lines(lo, hi)
	default:
		if run := p.fewKernel(rows); run != nil {
			p.few(run, lo, hi)
		} else {
			p.tiles(lo, hi)
		}
	}
}

// hasPrompts reports whether there are rows that are multiplied as those of prompts.
func (p *product) hasPrompts() bool {
	return p.x.prompt > 0 && (p.m.Kind.Integer() || p.s.Splits(p.m.Kind, p.m.Cols))
}

// last multiplies with the last group, through memory that has room for all of its rows.
func (p *product) last(g int) {
	n, from, to := p.m.Rows%Group, p.dst, &p.w.rest
	to.Reset(p.x.Rows, Group)
	part := &p.w.part
	*part = *p.m
	part.data = part.data[g*part.group:]
	last := product{p.s, p.w, part, p.x, to, p.coded}
	last.run(0, 1)
	first := 0
	if p.coded {
		first = p.x.prompt
	}
	for r := first; r < p.x.Rows; r++ {
		copy(from.Row(r)[g*Group:], to.Row(r)[:n])
	}
}

// outAt is where output row r of group g is.
func (p *product) outAt(r, g int) *float32 { return &p.dst.X[r*p.dst.Cols+g*Group] }

// out is where that of the quantized row r is.
func (p *product) out(r, g int) *float32 { return p.outAt(p.x.prompt+r, g) }

// lines is the product of one row.
func (p *product) lines(lo, hi int) {
	a, v, m := &p.w.line, p.x.strip(0), p.m
	a.q, a.d, a.s, a.t, a.h = v.row(0)
	a.n, a.step = m.Cols/blockElems, uintptr(m.group)
	most := max(1, streamBytes/m.group)
	for ; lo < hi; lo += most {
		a.groups = min(most, hi-lo)
		a.numbers, a.codes, a.out = m.numbersOf(lo, 0), m.codesOf(lo, 0), p.out(0, lo)
		p.s.line[m.Kind](a)
	}
}

// floats is the product of a float kind: groups that stay in the second cache, and over
// them all rows but those of prompts, as many at once as kernels take.
func (p *product) floats(lo, hi int) {
	a, m, first := &p.w.float, p.m, 0
	if p.hasPrompts() {
		first = p.x.prompt
	}
	a.n, a.step, a.carry = m.Cols, uintptr(m.group), 0
	a.xStep, a.toStep, a.toGroup = uintptr(4*p.x.Cols), uintptr(4*p.dst.Cols), 4*Group
	most := max(1, panelBytes/m.group)
	for ; lo < hi; lo += most {
		a.groups, a.w = min(most, hi-lo), m.numbersOf(lo, 0)
		kernels := p.s.float[m.Kind]
		for r := first; r < p.x.Rows; r += kernels[0].rows {
			for kernels[0].rows > p.x.Rows-r {
				kernels = kernels[1:]
			}
			a.x, a.to = &p.x.X[r*p.x.Cols], p.outAt(r, lo)
			kernels[0].run(a)
		}
	}
}
