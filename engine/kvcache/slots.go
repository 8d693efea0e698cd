package kvcache

// Slots need no list of their own. Blocks are taken and given back as whole slots, the last block
// of one first, on a stack, which is therefore always made of whole slots.

// Contiguous reports whether the pool is of slots, which no two tables share.
func (p *Pool) Contiguous() bool { return p.slotBlocks > 0 }

// Room is how many positions a table alone has room for, beside what is pinned.
func (p *Pool) Room() int {
	if p.slotBlocks > 0 {
		return p.slotBlocks * p.blockSize
	}
	return (len(p.blocks) - p.pinned) * p.blockSize
}
