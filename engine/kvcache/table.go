package kvcache

// BlockID numbers a block of the pool, from 0.
type BlockID int32

// none stands for "no block": the predecessor of a first block, the end of a list.
const none BlockID = -1

// Table is the ordered list of blocks that holds one sequence's keys and values.
// The zero value is an empty sequence. A Table belongs to the pool that filled it.
type Table struct {
	blocks []BlockID // (positions / block size, rounded up)
	sealed int       // blocks[:sealed] are read-only
	salt   uint64    // of the chain, set by Match

	forgotten int // blocks[:forgotten] were looked at by Forget
	holes     int // of these, given back
	removed   int // blocks taken out of the list by Compact

	host    []int32 // places outside of the pool with its first blocks, after SwapOut
	swapped int     // positions in them
}

// last is the last sealed block, none where there is none.
func (t *Table) last() BlockID {
	if t.sealed == 0 {
		return none
	}
	return t.blocks[t.sealed-1]
}

// Blocks returns the blocks in order: position i lies in Blocks()[i/BlockSize], unless
// Compact took out blocks before it. Blocks that Forget gave back are -1.
// The slice is valid until the next call that takes the table and is not to be changed.
func (t *Table) Blocks() []BlockID { return t.blocks }
