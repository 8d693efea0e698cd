package kernel

import "unsafe"

// tileFuncs are kernels for attention to keys and values in bfloat16, which lie as tile registers
// read them. Prompts' positions attend by tile registers, others by the chains of all sets. For
// prompts, the other factors, queries and weights, are rounded to bfloat16 as keys and values
// are; products are exact, and sums in float32. That differs from the chains of the other sets
// by rounding, but depends as little on what else is computed: a part's sums are made of 32
// positions at a time, whatever their slots.
type tileFuncs struct {
	store    func(*storeArgs)
	round    func(*rowArgs)
	multiply func(*pairArgs)
	softmax  func(*softmaxArgs)
	merge    func(*mergeArgs)
	divide   func(*divideArgs)
	chains   []floatKernel // of pairs, the widest first
}

// pairArgs is the one argument of a kernel of bfloat16 products:
//
//	to[row][i] = sum of x[row][k] x b[k][i]
//
// in float32, 32 k at a time. A row's result does not depend on how many there are. Assembly reads it by offset; keep the order.
type pairArgs struct {
	x      *uint16  // 0: (rows, steps, 32)
	xStep  uintptr  // 8: bytes between rows of x
	rows   int      // 16: 1 to 32
	b      **uint16 // 24: (steps, groups), of each step and group of 16 i where (16, 16, 2) lie, pairs of k
	bStep  uintptr  // 32: bytes between steps of b
	steps  int      // 40: at least 1
	groups int      // 48: at least 1
	to     *float32 // 56: a group's 16 are consecutive, and groups are
	toStep uintptr  // 64: bytes between rows of to
}

// softmaxArgs is the one argument of a kernel that replaces scores by weights, rounded to
// bfloat16, so that a row's are in its first half. The sum is of those that are not rounded.
// Assembly reads it by offset; keep the order.
type softmaxArgs struct {
	x        *float32  // 0: (rows, n)
	xStep    uintptr   // 8: bytes between rows of x
	rows     int       // 16: at least 1
	n        int       // 24: a multiple of 32
	sees     *[2]int32 // 32: of each row from where to where it sees something; other scores are not looked at
	max, sum *float32  // 40, 48: (rows), the largest score and the weights' sum
}

// mergeArgs is the one argument of a kernel that does what Merge does. Assembly reads it by
// offset; keep the order.
type mergeArgs struct {
	max, sum, out    *float32 // 0, 8, 16
	bMax, bSum, bOut *float32 // 24, 32, 40
	rows             int      // 48: at least 1
	dim              int      // 56: a multiple of 16
}

// divideArgs is the one argument of a kernel that does what Finish does. Assembly reads it by
// offset; keep the order.
type divideArgs struct {
	x, sum    *float32 // 0, 8: (positions, heads, dim), (positions, heads)
	to        *float32 // 16: a position's heads lie together
	toStep    uintptr  // 24: bytes between positions of to
	heads     int      // 32: at least 1
	positions int      // 40: at least 1
	dim       int      // 48: a multiple of 16
}

const (
	tileStep   = 32               // products that a tile register sums at once
	tilePairs  = tileStep * Group // numbers of a register that holds pairs
	tileRows   = 32               // that are computed at once, so that scores stay in the nearest cache
	partGroups = Part / Group
	scoresStep = Part + Group // between rows of scores, so that they do not all share a few lines of the cache
)

// tileScratch is memory of attention by tile registers.
type tileScratch struct {
	queries []uint16  // (rows, dim)
	scores  []float32 // (tileRows, scoresStep), of part of the rows; then weights
	k, v    []uint16  // of a part, keys and values that do not lie as they are read
	keys    []*uint16 // (dim/32, partGroups)
	values  []*uint16 // (Part/32, dim/16)
	sees    [tileRows][2]int32

	store   storeArgs
	pairs   pairArgs
	softmax softmaxArgs
	merge   mergeArgs
	divide  divideArgs
}

// roundQueries prepares an attention.
func (s *Set) roundQueries(w *Worker, a *Attention) {
	n, t, r := a.Rows*a.KV.dim, &w.tiles, &w.row
	t.queries = growAligned(t.queries, n)
	r.of(a.Q[:n])
	r.q, r.step = (*int8)(unsafe.Pointer(&t.queries[0])), quantSteps{q: 2 * tileStep}
	s.tiles.round(r)
}

// attendTiles is attendPart by tile registers, as many rows at a time as stay in the nearest
// cache.
func (s *Set) attendTiles(w *Worker, p *part) {
	t := &w.tiles
	t.scores = growAligned(t.scores, tileRows*scoresStep)
	p.aimKeys(t)
	p.aimValues(t)
	if p.to-p.from <= tileRows {
		p.fetch(s, w, t)
	}
	for r := p.from; r < p.to; r += tileRows {
		p.tile(s, t, r, min(tileRows, p.to-r))
	}
}

// tile computes n rows from r on.
func (p *part) tile(s *Set, t *tileScratch, r, n int) {
	dim := p.KV.dim
	steps, groups := dim/tileStep, dim/Group
	low := max(0, p.begin(r)-p.base) / tileStep * tileStep
	end := min(p.end, p.Attention.end(r+n-1)-p.base)
	t.pairs = pairArgs{
		x: &t.queries[r*dim], xStep: uintptr(2 * dim), rows: n,
		b: &t.keys[low/Group], bStep: partGroups * unsafe.Sizeof(t.keys[0]), steps: steps, groups: (end - low + Group - 1) / Group,
		to: &t.scores[0], toStep: 4 * scoresStep,
	}
	s.tiles.multiply(&t.pairs)
	p.see(t, r, n, low)
	wide := roundUp(end-low, tileStep)
	t.softmax = softmaxArgs{&t.scores[0], 4 * scoresStep, n, wide, &t.sees[0], &p.out.Max[r], &p.out.Sum[r]}
	s.tiles.softmax(&t.softmax)
	t.pairs = pairArgs{
		x: (*uint16)(unsafe.Pointer(&t.scores[0])), xStep: 4 * scoresStep, rows: n,
		b: &t.values[low/tileStep*groups], bStep: uintptr(groups) * unsafe.Sizeof(t.values[0]), steps: wide / tileStep, groups: groups,
		to: &p.out.Out[r*dim], toStep: uintptr(4 * dim),
	}
	s.tiles.multiply(&t.pairs)
}

// see sets which of the part's positions, counted from low on, n rows from r on see.
func (p *part) see(t *tileScratch, r, n, low int) {
	end, past := p.Attention.end(r), r%p.Heads
	for i := range n {
		from := 0
		if p.Window != 0 {
			from = max(from, end-p.Window)
		}
		t.sees[i] = [2]int32{int32(max(0, from-p.base-low)), int32(min(Part, end-p.base) - low)}
		if past++; past == p.Heads {
			end, past = end+1, 0
		}
	}
}
