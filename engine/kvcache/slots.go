package kvcache

import "fmt"

// NewSlots returns a pool in which a table takes all blocks that it will ever have when it first
// grows: a slot of consecutive blocks. Nothing is shared, and nothing kept of sequences that
// have ended. A size below 1 is a programming error and panics.
//
// Slots need no list of their own. Blocks are taken and given back as whole slots, the last block
// of one first, on a stack, which is therefore always made of whole slots.
func NewSlots(slots, blocksPerSlot, blockSize int) *Pool {
	if slots < 1 || blocksPerSlot < 1 {
		panic(fmt.Sprintf("kvcache: %d slots of %d blocks; both must be at least 1", slots, blocksPerSlot))
	}
	p := NewPool(slots*blocksPerSlot, blockSize, false)
	p.slotBlocks = blocksPerSlot
	return p
}

// Contiguous reports whether the pool is of slots, which no two tables share.
func (p *Pool) Contiguous() bool { return p.slotBlocks > 0 }

// Room is how many positions a table alone has room for.
func (p *Pool) Room() int {
	if p.slotBlocks > 0 {
		return p.slotBlocks * p.blockSize
	}
	return len(p.blocks) * p.blockSize
}
