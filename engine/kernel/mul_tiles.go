package kernel

// kernels are the tile kernels of the kind.
func (p *product) kernels() []tileKernel {
	switch narrow := p.s.narrow[p.m.Kind]; {
	case narrow != nil:
		return narrow
	case p.m.Kind.halved():
		return p.s.halves
	}
	return p.s.tile
}

// fit finds the widest kernel for so many rows.
func fit(kernels []tileKernel, rows int) tileKernel {
	for kernels[0].rows > rows {
		kernels = kernels[1:]
	}
	return kernels[0]
}

// cut is a piece of a product.
type cut struct {
	strip, strips int  // of activations: several only for a kernel that takes many
	lo, groups    int  // of the matrix
	place         int  // of the first group in the panel
	at, n         int  // blocks: columns of weights and activations
	first, last   bool // of several pieces of the columns, which carry sums
}

// tiles unpacks groups and multiplies all strips with them.
func (p *product) tiles(lo, hi int) {
	blocks := p.m.Cols / blockElems
	groups := max(2, panelBytes/(blocks*codeBytes))
	if rows := p.x.codedRows(); rows <= Group && !fit(p.kernels(), rows).many {
		groups = p.together(blocks)
	}
	if groups < 2 {
		for ; lo < hi; lo++ {
			p.pieces(lo, blocks)
		}
		return
	}
	for ; lo < hi; lo += groups {
		n := min(groups, hi-lo)
		p.fetchNumbers(lo+n, min(lo+2*n, hi))
		p.w.panel.reserve(p.m.Kind, n, blocks)
		for g := range n {
			p.expand(g, lo+g, 0, blocks)
		}
		p.strips(cut{lo: lo, groups: n, n: blocks, first: true, last: true})
	}
}

// together is how many groups of short columns few rows pass over in one call, which costs as
// much as some columns do. What is unpacked stays in the first cache: of Q8_0, whose codes are
// read where they are, only scales. Super-blocks unpack into too much.
func (p *product) together(blocks int) int {
	switch {
	case p.m.Kind == Q8_0:
		return 4 * fewBlocks / blocks
	case layouts[p.m.Kind].elems == superElems:
		return 0
	}
	return fewBlocks / blocks
}

// pieces is the product of one strip with group g, a few columns after others.
func (p *product) pieces(g, blocks int) {
	parts := (blocks + fewBlocks - 1) / fewBlocks
	size := roundUp((blocks+parts-1)/parts, layouts[p.m.Kind].elems/blockElems)
	p.w.panel.reserve(p.m.Kind, 1, size)
	for at := 0; at < blocks; at += size {
		n := min(size, blocks-at)
		p.expand(0, g, at, n)
		c := cut{strips: 1, lo: g, groups: 1, at: at, n: n, first: at == 0, last: at+n == blocks}
		p.tile(&c)
	}
}

// strips multiplies all strips with c's groups: as many at once as take the time of one
// call, or one by one.
func (p *product) strips(c cut) {
	rows := p.x.codedRows()
	full := rows / Group
	c.strips = 1
	if fit(p.kernels(), rows).many {
		c.strips = max(2, tileBlocks/(c.n*c.groups))
	}
	for most := c.strips; c.strip < full; c.strip += most {
		c.strips = min(most, full-c.strip)
		p.tile(&c)
	}
	if rows%Group > 0 {
		c.strip, c.strips = full, 1
		p.tile(&c)
	}
}

// tile is one piece: sums of integers, straight to where they belong or, where offsets
// are to be added or more columns are to come, to memory of their own.
func (p *product) tile(c *cut) {
	a, v := &p.w.tile, p.x.strip(c.strip)
	p.read(c)
	sums, direct := p.write(c, v.rows)
	kernels := p.kernels()
	for r := 0; r < v.rows; r += a.rows {
		k := fit(kernels, max(v.rows-r, (c.strips-1)*Group))
		a.rows, a.strips = k.rows, 1
		if k.many {
			a.rows, a.strips = v.rows-r, c.strips
		}
		a.q, a.qStep = &v.q[(c.at*v.rows+r)*blockElems], v.qStep
		a.d, a.t, a.dStep = &v.d[c.at*v.rows+r], &v.t[c.at*v.rows+r], v.dStep
		a.h = &v.h[2*(c.at*v.rows+r)]
		a.to, a.from = &sums[r*Group], nil
		if direct {
			a.to = p.out(c.strip*Group+r, c.lo)
		}
		if !c.first {
			a.from = &sums[r*Group]
		}
		k.run(a)
	}
	if p.offset() {
		p.offsets(c, sums)
	}
}

// offset reports whether the kind has a second running sum.
func (p *product) offset() bool {
	e := layouts[p.m.Kind].extra
	return e == offsets || e == minimums
}

// read has the tile kernel read c's groups and columns.
func (p *product) read(c *cut) {
	a, v, m := &p.w.tile, &p.w.panel, p.m
	a.n, a.groups = c.n, c.groups
	a.scale, a.scaleStep, a.sub = &v.scale[c.place*c.n*Group], uintptr(4*c.n*Group), nil
	if m.Kind.halved() {
		a.sub = &v.more[2*c.place*c.n*Group]
	}
	if m.Kind == Q8_0 {
		a.codes, a.codesStep = (*int8)(m.codesOf(c.lo, c.at)), uintptr(m.group)
	} else {
		a.codes, a.codesStep = &v.codes[c.place*c.n*codeBytes], uintptr(c.n*codeBytes)
	}
	a.qStrip, a.dStrip = uintptr(Group*p.x.Cols), uintptr(4*Group*p.x.Cols/blockElems)
}

// write has it write its sums, of so many rows a strip, to dst, or to the memory that is
// returned: (strips, groups, rows, 16).
func (p *product) write(c *cut, rows int) (sums []float32, direct bool) {
	a := &p.w.tile
	p.w.sums = grow(p.w.sums, c.strips*c.groups*rows*Group)
	if c.last && !p.offset() {
		a.toStep, a.toGroup = uintptr(4*p.dst.Cols), 4*Group
		a.toStrip = Group * a.toStep
		return p.w.sums, true
	}
	a.toStep, a.toGroup = 4*Group, uintptr(4*rows*Group)
	a.toStrip = uintptr(c.groups) * a.toGroup
	return p.w.sums, false
}

// offsets adds the second running sum to c's first ones.
func (p *product) offsets(c *cut, sums []float32) {
	a, panel := &p.w.offset, &p.w.panel
	run := p.s.offset
	a.n, a.min = c.n, nil
	for i := range c.strips {
		v := p.x.strip(c.strip + i)
		a.rows, a.s, a.sStep = v.rows, &v.s[c.at*v.rows], v.dStep
		a.h, a.hStep = &v.h[2*c.at*v.rows], 2*v.dStep
		p.w.more = grow(p.w.more, Group*Group)
		for g := range c.groups {
			at := (c.place + g) * c.n * Group
			a.m = &panel.more[at]
			if p.m.Kind == Q2_K {
				run, a.m, a.min, a.s = p.s.mins, &panel.minScale[at], &panel.min[2*at], &v.d[c.at*v.rows]
			}
			a.from, a.add, a.to, a.toStep = nil, nil, &p.w.more[0], 4*Group
			if !c.first {
				a.from = &p.w.more[0]
			}
			if c.last {
				a.add = &sums[(i*c.groups+g)*v.rows*Group]
				a.to, a.toStep = p.out((c.strip+i)*Group, c.lo+g), uintptr(4*p.dst.Cols)
			}
			run(a)
		}
	}
}

// panel holds unpacked groups, as expandArgs says: one after another in each array.
type panel struct {
	codes                      []int8
	scale, more, min, minScale []float32
}

// reserve makes room for so many groups of n blocks.
func (v *panel) reserve(k Kind, groups, n int) {
	numbers := groups * n * Group
	v.scale = growAligned(v.scale, numbers)
	v.more = growAligned(v.more, 2*numbers)
	if k != Q8_0 {
		v.codes = growAligned(v.codes, groups*n*codeBytes)
	}
	if k == Q2_K {
		v.min, v.minScale = growAligned(v.min, 2*numbers), growAligned(v.minScale, numbers)
	}
}

// expand unpacks blocks [at, at+n) of group g to the panel, as its group place.
func (p *product) expand(place, g, at, n int) {
	a, v, k := &p.w.expand, &p.w.panel, p.m.Kind
	to := place * n * Group
	a.numbers, a.codes, a.n = p.m.numbersOf(g, at), p.m.codesOf(g, at), n
	a.scale, a.more = &v.scale[to], &v.more[to]
	a.dst, a.min, a.minScale = nil, nil, nil
	if k != Q8_0 {
		a.dst = &v.codes[place*n*codeBytes]
	}
	if k.halved() {
		a.more = &v.more[2*to]
	}
	if k == Q2_K {
		a.min, a.minScale = &v.min[2*to], &v.minScale[to]
	}
	p.s.expand[k](a)
}
