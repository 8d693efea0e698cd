package spec

// marks say how many of each block's first positions have the draft model's keys and values, for what the
// block holds now. They let a draft model leave positions out and find again what it has
// computed, by whatever way a sequence comes to its blocks.
type marks struct {
	size   int     // positions of a block
	filled []int32 // (blocks)
}

// begin notes that the model is about to write r's positions from Computed on: drafts that
// did not stand, and what other sequences left in new blocks, are nothing any more.
func (m *marks) begin(r *Request) {
	for i := (r.Computed - r.Dropped) / m.size; i < len(r.Blocks) && m.start(r, i) < len(r.Tokens)+r.Want; i++ {
		if b := r.Blocks[i]; b >= 0 {
			m.filled[b] = min(m.filled[b], int32(max(0, r.Computed-m.start(r, i))))
		}
	}
}

// start is the position at which r's block i begins.
func (m *marks) start(r *Request, i int) int { return r.Dropped + i*m.size }

// reach is how many of r's first positions there are. Blocks that were given up do not count.
func (m *marks) reach(r *Request) int {
	for i, b := range r.Blocks {
		if b >= 0 && int(m.filled[b]) < m.size {
			return m.start(r, i) + int(m.filled[b])
		}
	}
	return m.start(r, len(r.Blocks))
}

// fill notes that r's positions up to to are there, those before from being so already.
func (m *marks) fill(r *Request, from, to int) {
	for i := (from - r.Dropped) / m.size; m.start(r, i) < to; i++ {
		m.filled[r.Blocks[i]] = int32(min(m.size, to-m.start(r, i)))
	}
}

// Mark is how many of a block's first positions the draft model has computed, for whoever copies the block.
func (d *DraftModel) Mark(block int32) int { return int(d.marks.filled[block]) }

// SetMark says that so many first positions of a block hold what the draft model has computed,
// because they were copied there.
func (d *DraftModel) SetMark(block int32, positions int) {
	d.marks.filled[block] = int32(max(0, min(positions, d.marks.size)))
}
