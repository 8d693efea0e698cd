package kernel

// tileFuncs are kernels for attention to keys and values in bfloat16 by tile registers. The
// other factors, queries and weights, are split in two bfloat16 numbers, the second being
// what the first leaves, so that they keep 16 bits; each of the two is multiplied exactly
// and summed in float32. That differs from the chains of the other sets by rounding, but
// depends as little on what else is computed.
type tileFuncs struct {
	split      func(*splitArgs)
	interleave func(*interleaveArgs)
	multiply   func(*pairArgs)
}

// splitArgs is the one argument of a kernel that writes rows of numbers in two parts. Assembly
// reads it by offset; keep the order.
type splitArgs struct {
	x         *float32 // 0: (rows, n)
	xStep     uintptr  // 8: bytes between rows of x
	high, low *uint16  // 16, 24: (rows, n)
	step      uintptr  // 32: bytes between rows of high, and of low
	rows, n   int      // 40, 48: at least 1, a multiple of 16
}

// interleaveArgs is the one argument of a kernel that has units of two times 16 numbers be
// 16 pairs each. Assembly reads it by offset; keep the order.
type interleaveArgs struct {
	from, to *uint16 // 0, 8: (n, 2, 16), (n, 16, 2)
	n        int     // 16: at least 1
}

// pairArgs is the one argument of a kernel of bfloat16 products:
//
//	to[row][i] = sum of (high[row][k] + low[row][k]) x b[k][i]
//
// in float32, 32 k at a time, first high and then low. Assembly reads it by offset; keep
// the order.
type pairArgs struct {
	high, low *uint16  // 0, 8: (rows, 32 x steps)
	step      uintptr  // 16: bytes between rows of high, and of low
	rows      int      // 24: 1 to 16
	b         *uint16  // 32: of each group of 16 i: (steps, 16, 16, 2), pairs of k
	bGroup    uintptr  // 40: bytes between groups of b
	steps     int      // 48: at least 1
	groups    int      // 56: at least 1
	to        *float32 // 64: a group's 16 are consecutive, and groups are
	toStep    uintptr  // 72: bytes between rows of to
}

// tileScratch is memory of one part: keys and values in pairs, and what is multiplied with
// them in two parts.
type tileScratch struct {
	k, v, high, low []uint16
	split           splitArgs
	interleave      interleaveArgs
	pairs           pairArgs
}

// tileStep is the number of products that a tile register sums at once.
const tileStep = 32

// attendTiles is AttendPart by tile registers.
func (s *Set) attendTiles(w *Worker, p *part) {
	t, dim := &w.tiles, p.KV.dim
	wide := roundUp(dim, tileStep)
	t.k, t.v = growAligned(t.k, Part*wide), growAligned(t.v, Part*dim)
	for r := range p.runs {
		p.pairKeys(s, t, r, wide)
		p.pairValues(s, t, r)
	}
	clearPairs(t.v, dim, p.end, p.high)

	s.splitRows(t, p.Q[p.from*dim:], p.to-p.from, dim, dim, wide)
	t.pairs = pairArgs{b: &t.k[p.low*wide], bGroup: uintptr(2 * Group * wide), steps: wide / tileStep, groups: (p.high - p.low) / Group}
	s.multiplyPairs(t, wide, p.scores[p.from*Part+p.low:], Part, p.to-p.from)
	p.weigh(s, w)
	s.splitRows(t, p.scores[p.from*Part+p.low:], p.to-p.from, p.high-p.low, Part, Part)
	t.pairs = pairArgs{b: &t.v[p.low*Group], bGroup: 2 * Group * Part, steps: (p.high - p.low) / tileStep, groups: dim / Group}
	s.multiplyPairs(t, Part, p.out.Out[p.from*dim:], dim, p.to-p.from)
}

// splitRows splits rows of n numbers, xStep apart, to rows of step numbers, 0 behind those.
func (s *Set) splitRows(t *tileScratch, x []float32, rows, n, xStep, step int) {
	t.high, t.low = growAligned(t.high, rows*step), growAligned(t.low, rows*step)
	if n%tileStep != 0 {
		clear(t.high)
		clear(t.low)
	}
	t.split = splitArgs{&x[0], uintptr(4 * xStep), &t.high[0], &t.low[0], uintptr(2 * step), rows, n}
	s.tiles.split(&t.split)
}

// multiplyPairs multiplies rows, which are step numbers apart, 16 at a time.
func (s *Set) multiplyPairs(t *tileScratch, step int, to []float32, toStep, rows int) {
	a := &t.pairs
	a.step, a.toStep = uintptr(2*step), uintptr(4*toStep)
	for r := 0; r < rows; r += Group {
		a.high, a.low, a.to, a.rows = &t.high[r*step], &t.low[r*step], &to[r*toStep], min(Group, rows-r)
		s.tiles.multiply(a)
	}
}

// pairKeys writes a run's keys to t.k: (Part/16, wide/2, 16, 2).
func (p *part) pairKeys(s *Set, t *tileScratch, r run, wide int) {
	x := p.KV
	from := view[uint16](x.k)
	if r.slot%Group != 0 || r.at%Group != 0 {
		for i := range r.count {
			at, to := x.keyAt(p.Head, r.slot+i), ((r.at+i)/Group*wide)*Group+(r.at+i)%Group*2
			for c := range x.dim {
				t.k[to+c/2*2*Group+c%2] = from[at+c*Group]
			}
		}
	}
	for i := 0; i < r.count; i += Group {
		to := t.k[(r.at+i)/Group*wide*Group:][:wide*Group]
		clear(to[x.dim*Group:])
		if r.slot%Group == 0 && r.at%Group == 0 {
			t.interleave = interleaveArgs{&from[x.keyAt(p.Head, r.slot+i)], &to[0], x.dim / 2}
			s.tiles.interleave(&t.interleave)
		}
	}
}

// pairValues writes a run's values to t.v: (dim/16, Part/2, 16, 2).
func (p *part) pairValues(s *Set, t *tileScratch, r run) {
	x := p.KV
	from := view[uint16](x.v)
	pairs := r.count / 2
	if r.at%2 != 0 {
		pairs = 0
	}
	for g := range x.dim / Group {
		at, to := x.valueAt(p.Head, g*Group, r.slot), t.v[g*Part*Group:][:Part*Group]
		if pairs > 0 {
			t.interleave = interleaveArgs{&from[at], &to[r.at*Group], pairs}
			s.tiles.interleave(&t.interleave)
		}
		for i := 2 * pairs; i < r.count; i++ {
			for c := range Group {
				to[(r.at+i)/2*2*Group+2*c+(r.at+i)%2] = from[at+i*Group+c]
			}
		}
	}
}

// clearPairs has values of positions [from, to) be 0: their weights are, but memory that was
// not written could hold what is no number.
func clearPairs(v []uint16, dim, from, to int) {
	for g := range dim / Group {
		pairs := v[g*Part*Group:][:Part*Group]
		if from%2 != 0 {
			for c := range Group {
				pairs[from/2*2*Group+2*c+1] = 0
			}
		}
		clear(pairs[(from+1)/2*2*Group : to*Group])
	}
}
