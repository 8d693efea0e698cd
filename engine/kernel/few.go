package kernel

// fewKernel is the kernel that multiplies so many rows, at least 2, with numbers where the matrix has
// them; nil where they are unpacked first.
func (p *product) fewKernel(rows int) func(*tileArgs) {
	if rows > Group {
		return nil
	}
	return p.s.few[p.m.Kind][rows]
}

// few is the product of so few rows.
func (p *product) few(run func(*tileArgs), lo, hi int) {
	a, v, m := &p.w.tile, p.x.strip(0), p.m
	a.rows, a.strips, a.n = v.rows, 1, m.Cols/blockElems
	a.codesStep, a.scaleStep, a.sub = uintptr(m.group), uintptr(m.group), nil
	a.q, a.d, _, a.t, a.h = v.row(0)
	a.qStep, a.dStep = v.qStep, v.dStep
	a.from, a.toStep, a.toGroup = nil, uintptr(4*p.dst.Cols), 4*Group
	most := max(1, streamBytes/m.group/v.rows)
	for ; lo < hi; lo += most {
		a.groups = min(most, hi-lo)
		a.scale, a.codes, a.to = (*float32)(m.numbersOf(lo, 0)), (*int8)(m.codesOf(lo, 0)), p.out(0, lo)
		run(a)
	}
}
