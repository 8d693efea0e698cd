package kernel

// promptFuncs are kernels for the rows of prompts, where they have an arithmetic of their
// own: products of bfloat16 numbers by tile registers. Activations are rounded to
// bfloat16, and so are weights, each being what its format says it is in float32. Products
// are exact, and sums are in float32: of 32 columns first, of the even ones and the odd
// ones, and of these sums in order. Activations lose less by that than by being quantized;
// what counts is that nothing has to be done between products of tiles, which takes longer
// than they do.
type promptFuncs struct {
	round    func(*rowArgs)
	fill     func(*fillArgs)
	multiply [2][2]func(*promptArgs) // by one less than the strips of a pair, and than the groups

	silu, gelu func(*gateArgs)
}

// fillArgs is the one argument of a kernel that unpacks a group further, from what
// expandArgs says to bfloat16 numbers
//
//	code x scale                                            of most kinds
//	code x scale + offset                                   of those with offsets
//	code x (scale x sub) - minScale x min                   of those with sub-scales; min may be nil
//
// in the order of tiles: two columns of 16 rows each are 64 bytes. Scales below 2^-102 lose
// bits or count as 0. Assembly reads it by offset; keep the order.
type fillArgs struct {
	codes    *int8    // 0: (n, 8, 16, 4)
	scale    *float32 // 8: (n, 16)
	offset   *float32 // 16: (n, 16), or nil
	sub      *float32 // 24: (n, 2, 16), or nil
	min      *float32 // 32: (n, 2, 16), or nil
	minScale *float32 // 40: (n, 16), or nil
	n        int      // 48: blocks, at least 1
	dst      *uint16  // 56: (n, 16, 16, 2)
}

// promptArgs is the one argument of a kernel of products by tile registers: of pairs of
// strips, or of one, with two adjacent groups, or with one. Assembly reads it by offset;
// keep the order.
type promptArgs struct {
	x      *uint16  // 0: (n, 16, 32) of the first strip
	xStrip uintptr  // 8: bytes between strips
	w      *uint16  // 16: (n, 16, 16, 2) of the first group
	wGroup uintptr  // 24: bytes between groups
	n      int      // 32: blocks, at least 1
	to     *float32 // 40: a group's 16 sums are consecutive, and groups are
	toStep uintptr  // 48: bytes between rows of to
	pairs  int      // 56: at least 1; 1 where there is one strip
	rows   [2]int   // 64: of the strips of each pair
	carry  int      // 80: 0 starts the sums at 0, 1 goes on from those in to
}

// promptScratch is a worker's memory for them.
type promptScratch struct {
	w        []uint16  // (groups, n, 16, 16, 2)
	sums     []float32 // (groups, strips, 16, 2, 16): with groups of two matrices
	fill     fillArgs
	multiply promptArgs
	gate     gateArgs
}

const (
	// promptBlocks of two groups in bfloat16 stay in the first cache while all strips
	// pass over them.
	promptBlocks = 20
	// promptGroups' sums stay in the second cache while all columns are passed over.
	promptGroups = 16
	// stripBytes are those of a block of a strip of rows in bfloat16.
	stripBytes = 2 * Group * blockElems
)

// Prompts reports whether the rows of prompts have an arithmetic of their own.
func (s *Set) Prompts() bool { return s.prompt != nil }

// prompts is the product of the rows that are in bfloat16.
func (p *product) prompts(lo, hi int) {
	blocks, size := p.promptParts(p.m.Kind, p.m.Kind)
	for ; lo < hi; lo += promptGroups {
		groups := min(promptGroups, hi-lo)
		for at := 0; at < blocks; at += size {
			p.promptPiece(lo, groups, at, min(size, blocks-at))
		}
	}
}

// promptParts is how many blocks the columns are, and how many of them are taken at a time:
// multiples of both kinds' blocks.
func (p *product) promptParts(a, b Kind) (blocks, size int) {
	blocks = p.m.Cols / blockElems
	parts := (blocks + promptBlocks - 1) / promptBlocks
	return blocks, roundUp((blocks+parts-1)/parts, max(layouts[a].elems, layouts[b].elems)/blockElems)
}

// promptPiece multiplies blocks [at, at+n) of some groups, from lo on, with all strips.
func (p *product) promptPiece(lo, groups, at, n int) {
	t := &p.w.prompt
	t.w = growAligned(t.w, groups*n*codeBytes)
	p.w.panel.reserve(p.m.Kind, 1, n)
	for g := range groups {
		p.fill(t.w[g*n*codeBytes:], lo+g, at, n)
	}
	a := &t.multiply
	a.xStrip, a.wGroup, a.n = uintptr(p.x.Cols/blockElems*stripBytes), uintptr(2*n*codeBytes), n
	a.toStep, a.carry = uintptr(4*p.dst.Cols), min(at, 1)
	for g := 0; g < groups; g += 2 {
		a.w = &t.w[g*n*codeBytes]
		p.promptStrips(p.dst.X[(lo+g)*Group:], p.dst.Cols, at, min(2, groups-g))
	}
}

// fill unpacks blocks of a group to dst.
func (p *product) fill(dst []uint16, g, at, n int) {
	p.expand(0, g, at, n)
	v, a := &p.w.panel, &p.w.prompt.fill
	*a = fillArgs{scale: &v.scale[0], n: n, dst: &dst[0]}
	if p.m.Kind == Q8_0 {
		a.codes = (*int8)(p.m.codesOf(g, at))
	} else {
		a.codes = &v.codes[0]
	}
	switch layouts[p.m.Kind].extra {
	case offsets:
		a.offset = &v.more[0]
	case subScales:
		a.sub = &v.more[0]
	case minimums:
		a.sub, a.min, a.minScale = &v.more[0], &v.min[0], &v.minScale[0]
	}
	p.s.prompt.fill(a)
}

// promptStrips multiplies all strips with one group or two: full pairs of strips in one call,
// and what is left in another. Rows of sums are cols apart in to.
func (p *product) promptStrips(to []float32, cols, at, groups int) {
	a, rows := &p.w.prompt.multiply, p.x.prompt
	full := rows / (2 * Group)
	for i, some := range [2]int{full * 2 * Group, rows % (2 * Group)} {
		if some == 0 {
			continue
		}
		first := i * full * 2 * Group
		a.x, a.to = &p.x.wide[first*p.x.Cols+at*stripBytes/2], &to[first*cols]
		a.pairs, a.rows = max(1, full), [2]int{Group, Group}
		if i == 1 {
			a.pairs, a.rows = 1, [2]int{min(Group, some), max(0, some-Group)}
		}
		p.s.prompt.multiply[min(1, a.rows[1])][groups-1](a)
	}
}
