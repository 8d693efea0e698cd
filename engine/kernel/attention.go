package kernel

import (
	"math"
	"unsafe"
)

// Part is the number of positions whose attention is computed as one: of absolute positions
// [256 i, 256 i + 256). Parts do not depend on what else is computed, so that a row's result
// depends neither on the batch nor on how a context is shared out to workers.
const Part = 256

// Attention is query rows that read one head's cached keys and values: the heads of its
// group (Ainslie et al. 2023), at consecutive positions of one sequence. Row r is at
// position First + r/Heads and sees the positions up to its own, the last Window of them
// if that is not 0.
type Attention struct {
	KV        *KV
	Head      int       // of keys and values
	Blocks    []int32   // of the sequence's positions, BlockSize slots each
	BlockSize int       //
	First     int       // position of the first rows
	Heads     int       // query heads, being rows, of a position
	Rows      int       //
	Window    int       //
	Q         []float32 // (rows, dim), times the attention's scale
	Prompt    bool      // positions are a prompt's, which may have an arithmetic of their own

	// Own is, of keys per channel, the head's keys as they were before they were sealed: of the
	// 32 positions from First/32*32 on, and of each 32 up to the last row's, (2, dim, 16). A
	// row reads those of the 32 that its position belongs to, and all before in sealed form.
	Own []float32

	// Tree, if it has nodes, has the rows be some of them instead of consecutive positions.
	Tree Tree
}

// Partial is attention to some positions: of row r, with scores q . k and weights
// exp(score - Max[r]), the weights' sum and the sum of the weighted values. A row that has
// seen nothing has the sum 0 and no output.
type Partial struct {
	Max, Sum []float32 // (rows)
	Out      []float32 // (rows, dim)
}

// Reset shapes p for rows that have seen nothing.
func (p *Partial) Reset(rows, dim int) {
	p.Max, p.Sum, p.Out = grow(p.Max, rows), grow(p.Sum, rows), growAligned(p.Out, rows*dim)
	clear(p.Sum)
}

// Parts is the range of parts that some row sees.
func (a *Attention) Parts() (from, to int) {
	return a.begin(0) / Part, (a.end(a.Rows-1) + Part - 1) / Part
}

// end is the position behind the last that row r sees.
func (a *Attention) end(r int) int {
	if a.Tree.Parents != nil {
		return a.Tree.at(a.Tree.First+r/a.Heads) + 1
	}
	return a.First + r/a.Heads + 1
}

// begin is the first position that row r sees.
func (a *Attention) begin(r int) int {
	if a.Window == 0 {
		return 0
	}
	return max(0, a.end(r)-a.Window)
}

// rows is those, [from, to), that see something of the part that begins at base.
func (a *Attention) rows(base int) (from, to int) {
	if a.Tree.Parents != nil {
		return a.treeRows(base)
	}
	from, to = max(0, base-a.First)*a.Heads, a.Rows
	if a.Window != 0 {
		to = min(to, max(0, base+Part+a.Window-a.First-1)*a.Heads)
	}
	return from, to
}

// Attend computes the attention to all parts, merged in order (Milakov and Gimelshein 2018,
// Dao et al. 2022).
func (s *Set) Attend(w *Worker, a *Attention, out *Partial) {
	from, to := a.Parts()
	s.AttendPart(w, a, from, out)
	for part := from + 1; part < to; part++ {
		s.attendPart(w, a, part, &w.partial)
		s.Merge(w, out, &w.partial)
	}
}

// AttendPart computes the attention to one part:
//
//	score[j] = q . k[j]                one chain of fused multiply-adds, columns in order
//	weight[j] = exp(score[j] - max)    0 where the row does not see j
//	sum = the weights                  in 16 sums, of positions i, i+16, ..., which are then folded
//	out = weight[j] x v[j], summed     one chain of fused multiply-adds, positions in order
//
// but for those of prompts that tile registers compute (attention_tiles.go).
func (s *Set) AttendPart(w *Worker, a *Attention, part int, out *Partial) {
	if a.tiled() {
		s.roundQueries(w, a)
	}
	s.attendPart(w, a, part, out)
}

// tiled reports whether tile registers compute a.
func (a *Attention) tiled() bool { return a.Prompt && a.KV.paired }

// attendPart is AttendPart of one attention after another.
func (s *Set) attendPart(w *Worker, a *Attention, part int, out *Partial) {
	out.Reset(a.Rows, a.KV.dim)
	p := partOf(a, part*Part, out)
	if p.from >= p.to {
		return
	}
	if a.tiled() {
		s.attendTiles(w, &p)
		return
	}
	w.scores = growAligned(w.scores, a.Rows*Part)
	p.scores = w.scores
	for r := range p.runs {
		p.score(s, w, r)
	}
	if a.KV.format.PerChannel {
		p.scoreOwn(s, w)
	}
	p.scorePaths(s, w)
	p.weigh(s, w)
	for r := range p.runs {
		p.sum(s, w, r)
	}
	p.sumPaths(s, w)
}

// weigh replaces all rows' scores by weights.
func (p *part) weigh(s *Set, w *Worker) {
	for r := p.from; r < p.to; r++ {
		from, to := max(0, p.begin(r)-p.base), min(Part, p.Attention.end(r)-p.base)
		p.out.Max[r], p.out.Sum[r] = s.weigh(w, p.row(r), from, to, p.low, p.high)
	}
}

// weigh replaces the scores of positions [from, to) by their weights, and others of
// [low, high), multiples of 32, by 0.
func (s *Set) weigh(w *Worker, scores []float32, from, to, low, high int) (top, sum float32) {
	nothing := float32(math.Inf(-1))
	for i := low; i < from; i++ {
		scores[i] = nothing
	}
	for i := to; i < high; i++ {
		scores[i] = nothing
	}
	a := w.row.of(scores[low:high])
	a.f, a.part = nothing, [16]float32{}
	s.top(a)
	s.exps(a)
	return a.f, a.sum()
}

// Merge adds what b has seen, behind what p has, to p. It changes b.
func (s *Set) Merge(w *Worker, p, b *Partial) {
	rows := len(p.Sum)
	dim := len(p.Out) / rows
	if s.tiles != nil {
		a := &w.tiles.merge
		*a = mergeArgs{&p.Max[0], &p.Sum[0], &p.Out[0], &b.Max[:rows][0], &b.Sum[:rows][0], &b.Out[:rows*dim][0], rows, dim}
		s.tiles.merge(a)
		return
	}
	for r := range p.Sum {
		out, more := p.Out[r*dim:(r+1)*dim], b.Out[r*dim:(r+1)*dim]
		switch {
		case b.Sum[r] == 0:
		case p.Sum[r] == 0:
			p.Max[r], p.Sum[r] = b.Max[r], b.Sum[r]
			copy(out, more)
		default:
			top := max(p.Max[r], b.Max[r])
			p.Sum[r] = s.rescale(w, out, p.Sum[r], p.Max[r]-top) + s.rescale(w, more, b.Sum[r], b.Max[r]-top)
			p.Max[r] = top
			s.Add(w, out, more)
		}
	}
}

// rescale multiplies by e^x.
func (s *Set) rescale(w *Worker, out []float32, sum, x float32) float32 {
	if x == 0 {
		return sum
	}
	f := exp(x)
	s.Scale(w, out, f)
	return float32(sum * f)
}

// Finish writes p's output, each row divided by its sum, to dst: heads rows one behind the
// other, and the next as many step further.
func (s *Set) Finish(w *Worker, p *Partial, heads int, dst []float32, step int) {
	rows := len(p.Sum)
	dim := len(p.Out) / rows
	dst = dst[:(rows/heads-1)*step+heads*dim]
	if s.tiles != nil {
		a := &w.tiles.divide
		*a = divideArgs{&p.Out[0], &p.Sum[0], &dst[0], uintptr(4 * step), heads, rows / heads, dim}
		s.tiles.divide(a)
		return
	}
	for r, sum := range p.Sum {
		out := dst[r/heads*step+r%heads*dim:][:dim]
		copy(out, p.Out[r*dim:])
		s.Scale(w, out, 1/sum)
	}
}

// part is one part of an attention.
type part struct {
	*Attention
	scores    []float32 // (rows, Part)
	out       *Partial
	base      int // its first position
	from, to  int // rows that see something of it
	low, high int // positions in it, multiples of 32, between which they see it
	end       int // position in it behind the last that has been stored
	common    int // position in it behind the last that all rows read in one place: end, but for trees
}

func partOf(a *Attention, base int, out *Partial) part {
	p := part{Attention: a, base: base, out: out}
	p.from, p.to = a.rows(base)
	if p.from < p.to {
		p.low = max(0, a.begin(p.from)-base) / blockElems * blockElems
		p.end = min(Part, a.end(p.to-1)-base)
		p.high = (p.end + blockElems - 1) / blockElems * blockElems
		if p.common = p.end; a.Tree.Parents != nil {
			p.common = min(p.end, a.Tree.Root+1-base)
		}
	}
	return p
}

// row is a row's scores.
func (p *part) row(r int) []float32 { return p.scores[r*Part : (r+1)*Part] }

// run is count positions, from at in the part on, in consecutive slots.
type run struct{ slot, at, count int }

// runs yields the part's positions that all rows read in one place, as many at a time as lie in
// consecutive slots.
func (p *part) runs(yield func(run) bool) {
	for at := p.low; at < p.common; {
		slot, count := p.run(p.base+at, p.base+p.common)
		if !yield(run{slot, at, count}) {
			return
		}
		at += count
	}
}

// run is the slot of position first, and how many positions before end lie in consecutive slots
// from it on.
func (a *Attention) run(first, end int) (slot, count int) {
	size := a.BlockSize
	block := first / size
	next := block + 1
	for next*size < end && a.Blocks[next] == a.Blocks[next-1]+1 {
		next++
	}
	return int(a.Blocks[block])*size + first%size, min(end, next*size) - first
}

// score computes scores. Where a run does not begin with 16 slots that lie together, as
// can be only with blocks that are no multiple of 16, they take a detour.
func (p *part) score(s *Set, w *Worker, r run) {
	skip := r.slot % Group
	n := (skip + r.count + Group - 1) / Group
	if skip == 0 && r.at+n*Group <= Part {
		p.multiplyKeys(s, w, r.slot/Group, n, &p.row(p.from)[r.at], 4*Part)
		return
	}
	aside := p.scoreAside(s, w, r.slot/Group, n)
	for i := range p.to - p.from {
		copy(p.row(p.from + i)[r.at:][:r.count], aside[i*n*Group+skip:])
	}
}

// scoreAside is the scores of n groups of slots, (rows, n, 16).
func (p *part) scoreAside(s *Set, w *Worker, group, n int) []float32 {
	w.aside = grow(w.aside, (p.to-p.from)*n*Group)
	p.multiplyKeys(s, w, group, n, &w.aside[0], uintptr(4*n*Group))
	return w.aside
}

func (p *part) multiplyKeys(s *Set, w *Worker, group, n int, to *float32, step uintptr) {
	a := &w.float
	chains := p.KV.keys(s, w, a, p.Head, group, n)
	a.x, a.xStep = &p.Q[p.from*a.n], uintptr(4*a.n)
	a.to, a.toStep, a.toGroup, a.carry = to, step, 4*Group, 0
	a.chains(chains, p.to-p.from)
}

// sum adds all rows' weighted values.
func (p *part) sum(s *Set, w *Worker, r run) { p.sumRows(s, w, r, p.from, p.to) }

func (p *part) sumRows(s *Set, w *Worker, r run, from, to int) {
	a, dim := &w.float, p.KV.dim
	chains := p.KV.values(s, w, a, p.Head, r)
	a.x, a.xStep = &p.row(from)[r.at], 4*Part
	a.to, a.toStep, a.toGroup, a.carry = &p.out.Out[from*dim], uintptr(4*dim), 4*Group, 1
	if r.at == p.low {
		a.carry = 0
	}
	a.chains(chains, to-from)
}

// chains runs a's chains for so many rows, as many at once as kernels take.
func (a *floatArgs) chains(kernels []floatKernel, rows int) {
	for rows > 0 {
		for kernels[0].rows > rows {
			kernels = kernels[1:]
		}
		kernels[0].run(a)
		rows -= kernels[0].rows
		if rows > 0 { // not at the end: no pointer may lie behind its memory
			n := uintptr(kernels[0].rows)
			a.x = (*float32)(unsafe.Add(unsafe.Pointer(a.x), n*a.xStep))
			a.to = (*float32)(unsafe.Add(unsafe.Pointer(a.to), n*a.toStep))
		}
	}
}
