package kernel

// observeScratch is memory of Observe: of every row and part the largest score, what the
// weights sum to, and what they sum to by block.
type observeScratch struct {
	top, sum []float32 // (parts, rows)
	blocks   []float32 // (rows, blocks)
}

// Observe adds what share of their attention the rows give to each block of positions, in
// units of 2^-32: those of a position to mass, and those of the next one step further. The
// weights are those of AttendPart, of tile registers too, where they differ by rounding. A
// row's shares depend on nothing else that is computed. Blocks divide a part; there is no window.
func (s *Set) Observe(w *Worker, a *Attention, mass []uint64, step int) {
	_, parts := a.Parts()
	o, blocks := &w.observe, (a.end(a.Rows-1)+a.BlockSize-1)/a.BlockSize
	o.top, o.sum = grow(o.top, parts*a.Rows), grow(o.sum, parts*a.Rows)
	o.blocks = grow(o.blocks, a.Rows*blocks)
	w.scores = growAligned(w.scores, a.Rows*Part)
	for i := range parts {
		s.observePart(w, a, i, blocks)
	}
	for r := range a.Rows {
		to := mass[r/a.Heads*step:]
		top, sum := o.whole(a, r)
		for b := range (a.end(r) + a.BlockSize - 1) / a.BlockSize {
			f := float64(exp(o.top[b*a.BlockSize/Part*a.Rows+r] - top))
			to[b] += uint64(f * float64(o.blocks[r*blocks+b]) / sum * (1 << 32))
		}
	}
}

// observePart fills what the scratch has of a part.
func (s *Set) observePart(w *Worker, a *Attention, i, blocks int) {
	o := &w.observe
	w.partial.Reset(a.Rows, a.KV.dim)
	p := partOf(a, i*Part, &w.partial)
	p.scores = w.scores
	for r := range p.runs {
		p.score(s, w, r)
	}
	p.scorePaths(s, w)
	p.weigh(s, w)
	for r := p.from; r < p.to; r++ {
		o.top[i*a.Rows+r], o.sum[i*a.Rows+r] = p.out.Max[r], p.out.Sum[r]
		end := min(Part, a.end(r)-p.base)
		for at := 0; at < end; at += a.BlockSize {
			sum := float32(0)
			for _, weight := range p.row(r)[at:min(end, at+a.BlockSize)] {
				sum += weight
			}
			o.blocks[r*blocks+(p.base+at)/a.BlockSize] = sum
		}
	}
}

// whole is the largest score of row r, and what its weights sum to.
func (o *observeScratch) whole(a *Attention, r int) (top float32, sum float64) {
	parts := (a.end(r) + Part - 1) / Part
	top = o.top[r]
	for i := 1; i < parts; i++ {
		top = max(top, o.top[i*a.Rows+r])
	}
	for i := range parts {
		sum += float64(exp(o.top[i*a.Rows+r]-top)) * float64(o.sum[i*a.Rows+r])
	}
	return top, sum
}
