package kvcache

// CopyPartial finds among the indexed blocks one that begins with what tokens have behind t's
// sealed blocks, and asks for the common positions to be copied into t's next block, which must
// be there: copy on write, as the rest of the block will differ. It returns how many positions
// that are, less than a block's; at least one token is left to compute. It sees blocks of t's
// own salt only. Only IndexRadix finds any.
func (p *Pool) CopyPartial(t *Table, tokens []int32) int {
	from := t.sealed * p.blockSize
	to := min(from+p.blockSize, len(tokens)-1)
	if !p.reuse || to <= from {
		return 0
	}
	id, n := p.index.longest(t.last(), t.salt, tokens[from:to])
	if n -= (from + n) % p.copyUnit; n <= 0 {
		return 0
	}
	p.used(id)
	p.moves = append(p.moves, Move{Kind: MoveCopy, From: int32(id), To: int32(t.blocks[t.sealed]), Positions: n})
	return n
}

// used has a block that nobody holds be one that was released just now.
func (p *Pool) used(id BlockID) {
	b := &p.blocks[id]
	b.uses++
	if b.refs > 0 {
		return
	}
	if b.place != absent {
		p.victims.remove(id)
	}
	p.age(id)
}
