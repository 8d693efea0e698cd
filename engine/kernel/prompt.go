package kernel

import "unsafe"

// promptFuncs are kernels for the rows of prompts, where they have an arithmetic of their
// own: products of bfloat16 numbers by tile registers. Activations are rounded to
// bfloat16, and so are weights, each being what its format says it is in float32. Products
// are exact, and sums are in float32: of 32 columns first, of the even ones and the odd
// ones, and of these sums in order. Activations lose less by that than by being quantized;
// what counts is that nothing has to be done between products of tiles, which takes longer
// than they do. Weights of 16 bits lose nothing, and activations for them keep 16 bits
// (prompt_split.go).
type promptFuncs struct {
	round    func(*rowArgs)
	fill     func(*fillArgs)
	split    func(*splitRowArgs)
	parts    [BF16 + 1][2]func(*fillArgs) // high and low; nil where there is none
	multiply [2][2]func(*promptArgs)      // by one less than the strips of a pair, and than the groups

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

	ahead unsafe.Pointer // 64: what is fetched to the second cache
	lines int            // 72: of 64 bytes
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
	sums   *float32 // 80: (pairs, 2 groups, 2 strips, 16, 16)
	goOn   int      // 88: 0 starts at 0, 1 goes on from sums
	keep   int      // 96: 0 stores what comes out in to, 1 in sums
}

// promptScratch is a worker's memory for them.
type promptScratch struct {
	w        []uint16  // (2, n, 16, 16, 2): of two groups
	sums     []float32 // (groups or pairs of them, pairs, 2, 2, 16, 16)
	fill     fillArgs
	multiply promptArgs
	gate     gateArgs
	split    splitRowArgs
}

const (
	// promptBlocks of two groups in bfloat16 stay in the first cache while all strips
	// pass over them.
	promptBlocks = 20
	// promptGroups' sums stay in the second cache while all columns are passed over.
	promptGroups = 16
	// promptPairs of strips take the time of one call: calls cannot be preempted.
	promptPairs = 32
	// stripBytes are those of a block of a strip of rows in bfloat16.
	stripBytes = 2 * Group * blockElems
)

// Prompts reports whether the rows of prompts have an arithmetic of their own.
func (s *Set) Prompts() bool { return s.prompt != nil }

// prompts is the product of the rows that are in bfloat16, with weights of an integer kind or
// in parts.
func (p *product) prompts(lo, hi int) {
	blocks, size := p.promptParts(p.m.Kind, p.m.Kind)
	p.w.prompt.sums = growAligned(p.w.prompt.sums, promptGroups/2*p.sumsOf())
	for ; lo < hi; lo += promptGroups {
		groups := min(promptGroups, hi-lo)
		for at := 0; at < blocks; at += size {
			n := min(size, blocks-at)
			p.promptPiece(lo, groups, at, n, at+n == blocks)
		}
	}
}

// sumsOf is how many sums there are of two groups.
func (p *product) sumsOf() int { return roundUp(p.x.prompt, 2*Group) * 2 * Group }

// promptParts is how many blocks the columns are, and how many of them are taken at a time:
// multiples of both kinds' blocks.
func (p *product) promptParts(a, b Kind) (blocks, size int) {
	blocks = p.m.Cols / blockElems
	parts := (blocks + promptBlocks - 1) / promptBlocks
	return blocks, roundUp((blocks+parts-1)/parts, max(blockElems, layouts[a].elems, layouts[b].elems)/blockElems)
}

// promptPiece multiplies blocks [at, at+n) of some groups, from lo on, with all strips.
func (p *product) promptPiece(lo, groups, at, n int, last bool) {
	p.promptColumns(at, n)
	for g := lo; g < lo+groups; g += 2 {
		two, to, sums := min(2, lo+groups-g), p.dst.X[g*Group:], p.w.prompt.sums[(g-lo)/2*p.sumsOf():]
		if !p.m.Kind.Integer() {
			p.promptTerms(to, sums, g, two, at, n, last)
			continue
		}
		for i := range two {
			p.fill(i, g+i, at, n)
		}
		p.w.prompt.multiply.proceed(at > 0, last)
		p.promptStrips(to, p.dst.Cols, p.x.wide, sums, at, two)
	}
}

// proceed has products go on from sums, or begin, and be the last of these sums, or not.
func (a *promptArgs) proceed(on, last bool) {
	a.goOn, a.keep = 0, 1
	if on {
		a.goOn = 1
	}
	if last {
		a.keep = 0
	}
}

// promptColumns sets what products of blocks [at, at+n) have in common.
func (p *product) promptColumns(at, n int) {
	t := &p.w.prompt
	t.w = growAligned(t.w, 2*n*codeBytes)
	a := &t.multiply
	a.w, a.wGroup, a.n = &t.w[0], uintptr(2*n*codeBytes), n
	a.xStrip = uintptr(p.x.Cols / blockElems * stripBytes)
}

// fill unpacks blocks of group g to the scratch, as the i-th of two groups, and fetches those
// of the group after the next, which are its next ones, while products are made of these.
func (p *product) fill(i, g, at, n int) {
	p.w.panel.reserve(p.m.Kind, 1, n)
	p.expand(0, g, at, n)
	v, a := &p.w.panel, &p.w.prompt.fill
	*a = fillArgs{scale: &v.scale[0], n: n, dst: &p.w.prompt.w[i*n*codeBytes], ahead: p.m.codesOf(g, at)}
	if next := g + 2; next < len(p.m.data)/p.m.group {
		a.ahead, a.lines = p.m.codesOf(next, at), n*layouts[p.m.Kind].codes/lineBytes
	}
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

// promptStrips multiplies all strips of x with one group or two: full pairs of strips, as many
// in one call as may be, and what is left in another. Rows are cols apart in to.
func (p *product) promptStrips(to []float32, cols int, x []uint16, sums []float32, at, groups int) {
	a, rows := &p.w.prompt.multiply, p.x.prompt
	a.toStep = uintptr(4 * cols)
	for first := 0; first < rows; first += a.pairs * 2 * Group {
		left := rows - first
		a.x, a.to = &x[first*p.x.Cols+at*stripBytes/2], &to[first*cols]
		a.sums = &sums[first*2*Group]
		a.pairs = max(1, min(promptPairs, left/(2*Group)))
		a.rows = [2]int{min(Group, left), min(Group, max(0, left-Group))}
		p.s.prompt.multiply[min(1, a.rows[1])][groups-1](a)
	}
}
