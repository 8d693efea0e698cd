package kvcache

// Pin keeps the whole blocks that tokens begin with and that are indexed under salt: from now
// on they count as held and are not evicted. With public they are found under every salt. It
// returns the positions that it covers.
func (p *Pool) Pin(tokens []int32, salt uint64, public bool) int {
	if !p.reuse {
		return 0
	}
	parent, n := none, 0
	for ; n < len(tokens)/p.blockSize; n++ {
		id := p.follow(parent, salt, p.slot(tokens, n))
		if id == none {
			break
		}
		p.pin(id, public)
		parent = id
	}
	return n * p.blockSize
}

func (p *Pool) pin(id BlockID, public bool) {
	b := &p.blocks[id]
	if !b.pinned {
		p.retain(id)
		b.pinned = true
		p.pinned++
	}
	b.public = b.public || public
}

// Pinned returns how many blocks are pinned. They are among those held.
func (p *Pool) Pinned() int { return p.pinned }
