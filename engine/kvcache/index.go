package kvcache

// index is a hash table of indexed blocks, chained through block.chain. Unlike a map
// it never allocates after it is made.
type index struct {
	buckets []BlockID // (power of two)
}

func newIndex(buckets int) index {
	x := index{buckets: make([]BlockID, buckets)}
	for i := range x.buckets {
		x.buckets[i] = none
	}
	return x
}

// bucket returns the head of hash's chain.
func (x *index) bucket(hash uint64) *BlockID {
	return &x.buckets[hash&uint64(len(x.buckets)-1)]
}

func (x *index) first(hash uint64) BlockID { return *x.bucket(hash) }

func (x *index) insert(blocks []block, id BlockID) {
	head := x.bucket(blocks[id].hash)
	blocks[id].chain, *head = *head, id
	blocks[id].indexed = true
}

func (x *index) remove(blocks []block, id BlockID) {
	at := x.bucket(blocks[id].hash)
	for *at != id {
		at = &blocks[*at].chain
	}
	*at = blocks[id].chain
	blocks[id].indexed = false
}

// hashTokens extends the hash of a chain by one block's tokens.
func hashTokens(hash uint64, tokens []int32) uint64 {
	for _, token := range tokens {
		hash = mix(hash ^ uint64(uint32(token)))
	}
	return hash
}

// mix is the output function of SplitMix64 (Steele, Lea and Flood 2014), a bijection
// whose every output bit depends on every input bit.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
