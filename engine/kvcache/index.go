package kvcache

import "math/bits"

// index finds sealed blocks by what they hold. A block's identity is the block before it
// in its chain, the salt, and its own tokens, all of them in contents before insert.
type index interface {
	// find returns the block that follows parent with this content, or none.
	find(parent BlockID, salt uint64, content []int32) BlockID
	// longest returns the block that follows parent and begins with most of content, which
	// may be less than a block's, and how much that is; none and 0 where none does, or
	// where the index knows whole blocks only.
	longest(parent BlockID, salt uint64, content []int32) (BlockID, int)
	insert(id BlockID)
	// remove takes out a block that no indexed one follows.
	remove(id BlockID)
}

// contents is what is known of all blocks, shared by pool, index and eviction.
type contents struct {
	blockSize int
	blocks    []block
	tokens    []int32 // (len(blocks), blockSize): content of the indexed blocks; nil without an index
}

// block is what the pool knows of one block.
type block struct {
	refs    int32 // tables holding it, and a pin
	indexed bool  // content is in the prefix index; what is below is of such blocks
	pinned  bool  // held for good
	public  bool  // pinned for everybody: found under every salt

	parent    BlockID // the block before it in its chain, none for a first one
	depth     int32   // blocks before it
	followers int32   // indexed blocks whose parent it is
	salt      uint64  // of its chain

	hash  uint64  // hash: of its chain
	chain BlockID // hash: next in the bucket

	child       BlockID // radix: root of the tree of its followers
	left, right BlockID // radix: in the tree of its parent's followers

	uses   uint32 // how often it was sealed or found
	weight uint64 // the policy's, when it was last released
	stamp  uint64 // when it was last released
	place  int32  // in the heap of victims; absent where it is not
}

// of returns the stored tokens of a block.
func (c *contents) of(id BlockID) []int32 {
	return c.tokens[int(id)*c.blockSize : (int(id)+1)*c.blockSize]
}

// newIndex makes the index of this name over c.
func newIndex(name string, c *contents) index {
	if name == IndexRadix {
		return &radix{contents: c, first: none}
	}
	return newHashed(c, 1<<bits.Len(uint(len(c.blocks))))
}

// hashed is a hash table of blocks, chained through block.chain. Unlike a map it never
// allocates after it is made. A hit is verified, so a collision costs time and never gives
// a false match.
type hashed struct {
	*contents
	buckets []BlockID // (power of two)
}

func newHashed(c *contents, buckets int) *hashed {
	x := &hashed{contents: c, buckets: make([]BlockID, buckets)}
	for i := range x.buckets {
		x.buckets[i] = none
	}
	return x
}

// bucket returns the head of hash's chain.
func (x *hashed) bucket(hash uint64) *BlockID {
	return &x.buckets[hash&uint64(len(x.buckets)-1)]
}

func (x *hashed) find(parent BlockID, salt uint64, content []int32) BlockID {
	for id := *x.bucket(x.hash(parent, salt, content)); id != none; id = x.blocks[id].chain {
		if x.same(id, parent, salt, content) {
			return id
		}
	}
	return none
}

// same verifies a hit. The predecessor is compared by identity, which by induction
// covers everything before it.
func (x *hashed) same(id, parent BlockID, salt uint64, content []int32) bool {
	b := &x.blocks[id]
	return b.parent == parent && b.salt == salt && common(x.of(id), content) == len(content)
}

func (x *hashed) longest(BlockID, uint64, []int32) (BlockID, int) { return none, 0 }

func (x *hashed) insert(id BlockID) {
	b := &x.blocks[id]
	b.hash = x.hash(b.parent, b.salt, x.of(id))
	head := x.bucket(b.hash)
	b.chain, *head = *head, id
}

func (x *hashed) remove(id BlockID) {
	at := x.bucket(x.blocks[id].hash)
	for *at != id {
		at = &x.blocks[*at].chain
	}
	*at = x.blocks[id].chain
}

// hash is that of a chain: of the one before it, the salt and a block's tokens.
func (x *hashed) hash(parent BlockID, salt uint64, content []int32) uint64 {
	hash := mix(salt)
	if parent != none {
		hash ^= x.blocks[parent].hash
	}
	for _, token := range content {
		hash = mix(hash ^ uint64(uint32(token)))
	}
	return hash
}

// common is the length of the longest common beginning.
func common(a, b []int32) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// mix is the output function of SplitMix64 (Steele, Lea and Flood 2014), a bijection
// whose every output bit depends on every input bit.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
