package kvcache

import (
	"slices"
)

// Pool owns all blocks. It is not safe for concurrent use.
type Pool struct {
	contents
	reuse     bool
	free      []BlockID // a stack: the block given back last is warm and goes out first
	held      int       // pinned ones included
	cached    int
	pinned    int
	index     index // nil without reuse
	policy    policy
	victims   victims
	clock     uint64 // releases
	evicted   int64
	forgotten int64 // blocks given up by sequences that went on

	moves      []Move
	copyUnit   int
	slotBlocks int     // how many blocks every table has at once; 0 is as many as it needs
	host       []int32 // places outside of the pool that are free, a stack
	hostBlocks int
	store      Store // nil for none
	keys       []Key // with a store, of the indexed blocks
	scratch    []byte
}

// New returns a pool of free blocks. A configuration that does not validate is a programming
// error and panics.
func New(c Config) *Pool {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	p := &Pool{contents: contents{blockSize: c.BlockSize, blocks: make([]block, c.Blocks)}, reuse: c.reuses(),
		free: make([]BlockID, c.Blocks), host: make([]int32, c.HostBlocks), hostBlocks: c.HostBlocks,
		copyUnit: max(1, c.CopyUnit), slotBlocks: c.SlotBlocks}
	for i := range p.free {
		p.free[i] = BlockID(c.Blocks - 1 - i)
	}
	for i := range p.host {
		p.host[i] = int32(c.HostBlocks - 1 - i)
	}
	if p.reuse {
		p.tokens = make([]int32, c.Blocks*c.BlockSize)
		p.index, p.policy, p.victims = newIndex(c.Index, &p.contents), newPolicy(&c), newVictims(&p.contents)
	}
	if p.store = c.Store; p.store != nil {
		p.keys = make([]Key, c.Blocks)
	}
	return p
}

// BlockSize returns the positions in one block.
func (p *Pool) BlockSize() int { return p.blockSize }

// Reuses reports whether blocks are found again by what is in them.
func (p *Pool) Reuses() bool { return p.reuse }

// Counts returns how many blocks there are and how many are in each state:
// free + cached + held == total.
func (p *Pool) Counts() (total, free, cached, held int) {
	return len(p.blocks), len(p.free), p.cached, p.held
}

// CanGrow reports whether Grow would succeed.
func (p *Pool) CanGrow(t *Table, positions int) bool {
	return p.missing(t, positions) <= len(p.free)+p.cached
}

// Grow makes room for positions in all. It takes free blocks first, then evicts
// cached ones. When there are not enough it changes nothing and returns false.
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
	t.sealed, t.salt, t.forgotten, t.holes, t.removed = 0, 0, 0, 0, 0
}

// shorten drops t's references beyond its first keep blocks, last to first, so that the end
// of a chain counts as released before its beginning.
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
	if p.slotBlocks > 0 && positions > 0 {
		return max(p.slotBlocks, (positions+p.blockSize-1)/p.blockSize)
	}
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

// evict makes the cached block that the policy gives up first free. There is always one that
// nobody follows, because whoever holds a block holds all blocks before it.
func (p *Pool) evict() {
	id := p.victims.heap[0]
	p.victims.remove(id)
	b := &p.blocks[id]
	p.policy.evicted(b.weight)
	if p.store != nil {
		p.spill(id)
	}
	p.index.remove(id)
	b.indexed = false
	p.cached--
	p.evicted++
	p.free = append(p.free, id)
	if b.parent == none {
		return
	}
	before := &p.blocks[b.parent]
	if before.followers--; before.followers == 0 && before.refs == 0 {
		p.victims.push(b.parent)
	}
}

// Evicted returns how many cached blocks were given up for room so far.
func (p *Pool) Evicted() int64 { return p.evicted }

// retain adds a reference to an indexed block.
func (p *Pool) retain(id BlockID) {
	b := &p.blocks[id]
	if b.refs == 0 {
		if b.place != absent {
			p.victims.remove(id)
		}
		p.cached--
		p.held++
	}
	b.refs++
}

// drop takes a reference away; the last one makes the block cached or free.
func (p *Pool) drop(id BlockID) {
	b := &p.blocks[id]
	b.refs--
	if b.refs > 0 {
		return
	}
	p.held--
	if !b.indexed {
		p.free = append(p.free, id)
		return
	}
	p.cached++
	p.age(id)
}

// age has a cached block be released now, which makes it a victim if nobody follows it.
func (p *Pool) age(id BlockID) {
	b := &p.blocks[id]
	p.clock++
	b.stamp, b.weight = p.clock, p.policy.weigh(b)
	if b.followers == 0 {
		p.victims.push(id)
	}
}
