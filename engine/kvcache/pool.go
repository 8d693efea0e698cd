package kvcache

import (
	"fmt"
	"math/bits"
	"slices"
)

// Pool owns all blocks. It is not safe for concurrent use.
type Pool struct {
	blockSize int
	reuse     bool
	blocks    []block
	tokens    []int32   // (len(blocks), blockSize): content of the indexed blocks
	free      []BlockID // a stack: the block given back last is warm and goes out first
	held      int
	forgotten int64 // blocks given up by sequences that went on
	lru       list
	index     index
}

// block is what the pool knows of one block.
type block struct {
	refs    int32   // tables holding it
	indexed bool    // content is in the prefix index
	parent  BlockID // when indexed: the block before it in its chain, none for a first one
	salt    uint64  // when indexed: of its chain
	hash    uint64  // when indexed: of its chain
	chain   BlockID // when indexed: next in the index bucket
	older   BlockID // when cached: neighbours in the eviction list
	newer   BlockID
}

// NewPool returns a pool of free blocks, each holding blockSize positions. With reuse, full
// sealed blocks of released sequences are kept until their room is needed, and found
// again by content. A size below 1 is a programming error and panics.
func NewPool(blocks, blockSize int, reuse bool) *Pool {
	if blocks < 1 || blockSize < 1 {
		panic(fmt.Sprintf("kvcache: a pool of %d blocks of %d positions; both must be at least 1", blocks, blockSize))
	}
	p := &Pool{blockSize: blockSize, reuse: reuse, blocks: make([]block, blocks),
		free: make([]BlockID, blocks), lru: list{oldest: none, newest: none}}
	for i := range p.free {
		p.free[i] = BlockID(blocks - 1 - i)
	}
	if reuse {
		p.tokens = make([]int32, blocks*blockSize)
		p.index = newIndex(1 << bits.Len(uint(blocks)))
	}
	return p
}

// BlockSize returns the positions in one block.
func (p *Pool) BlockSize() int { return p.blockSize }

// Counts returns how many blocks there are and how many are in each state:
// free + cached + held == total.
func (p *Pool) Counts() (total, free, cached, held int) {
	return len(p.blocks), len(p.free), p.lru.length, p.held
}

// CanGrow reports whether Grow would succeed.
func (p *Pool) CanGrow(t *Table, positions int) bool {
	return p.missing(t, positions) <= len(p.free)+p.lru.length
}

// Grow makes room for positions in all. It takes free blocks first, then evicts the
// least recently used cached ones. When there are not enough it changes nothing and
// returns false.
func (p *Pool) Grow(t *Table, positions int) bool {
	if !p.CanGrow(t, positions) {
		return false
	}
	for range p.missing(t, positions) {
		t.blocks = append(t.blocks, p.take())
	}
	return true
}

// Reserve makes t's own list long enough for positions, so that growing to them
// allocates no memory. It takes no block.
func (p *Pool) Reserve(t *Table, positions int) {
	t.blocks = slices.Grow(t.blocks, max(0, p.missing(t, positions)))
}

// Trim gives back the blocks that lie wholly beyond positions, such as those of
// rejected drafts. Sealed blocks stay.
func (p *Pool) Trim(t *Table, positions int) {
	p.shorten(t, max(p.blocksFor(positions)-t.removed, t.sealed))
}

// Release gives back all blocks and leaves t empty. With reuse, sealed blocks that
// nobody else holds become cached.
func (p *Pool) Release(t *Table) {
	p.shorten(t, 0)
	*t = Table{blocks: t.blocks}
}

// shorten drops t's references beyond its first keep blocks, last to first: the order
// that makes the eviction list leaf-first.
func (p *Pool) shorten(t *Table, keep int) {
	for i := len(t.blocks) - 1; i >= keep; i-- {
		if t.blocks[i] != none {
			p.drop(t.blocks[i])
		}
	}
	t.blocks = t.blocks[:min(keep, len(t.blocks))]
}

// blocksFor returns the blocks that hold positions.
func (p *Pool) blocksFor(positions int) int {
	return (positions + p.blockSize - 1) / p.blockSize
}

// missing returns how many blocks t lacks for positions; zero or less when it has room.
func (p *Pool) missing(t *Table, positions int) int {
	return p.blocksFor(positions) - t.removed - len(t.blocks)
}

// take returns a block with one reference and no content. There must be one free or cached.
func (p *Pool) take() BlockID {
	if len(p.free) == 0 {
		p.evict()
	}
	id := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	p.blocks[id].refs = 1
	p.held++
	return id
}

// evict makes the least recently used cached block free.
func (p *Pool) evict() {
	id := p.lru.oldest
	p.lru.remove(p.blocks, id)
	p.index.remove(p.blocks, id)
	p.free = append(p.free, id)
}

// retain adds a reference to an indexed block.
func (p *Pool) retain(id BlockID) {
	if p.blocks[id].refs == 0 {
		p.lru.remove(p.blocks, id)
		p.held++
	}
	p.blocks[id].refs++
}

// drop takes a reference away; the last one makes the block cached or free.
func (p *Pool) drop(id BlockID) {
	b := &p.blocks[id]
	b.refs--
	if b.refs > 0 {
		return
	}
	p.held--
	if b.indexed {
		p.lru.push(p.blocks, id)
	} else {
		p.free = append(p.free, id)
	}
}
