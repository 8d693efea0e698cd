package kvcache

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// Key is the digest of a chain: of its salt and all its tokens. Unlike a block id it means the
// same in another process.
type Key [16]byte

// Store keeps blocks that were evicted, for instance in files. It is told what to keep by moves
// of kind MoveSpill.
type Store interface {
	// Stage has the block of this key ready to be copied by a move of kind MoveLoad, and
	// returns the place where it is. It reports false where it has none, or no place.
	Stage(key Key) (place int32, ok bool)
}

// Restore asks for the whole blocks that tokens have behind t's sealed ones to be copied from
// the store, as far as it has them, into t's next blocks, which must be there, and seals them.
// It returns the positions that t has then. At least one token is left to compute.
func (p *Pool) Restore(t *Table, tokens []int32) int {
	if p.store != nil {
		for (t.sealed+1)*p.blockSize < len(tokens) && p.restore(t, p.slot(tokens, t.sealed)) {
			t.sealed++
		}
	}
	return t.sealed * p.blockSize
}

// restore does that for one block.
func (p *Pool) restore(t *Table, content []int32) bool {
	parent, id := t.last(), t.blocks[t.sealed]
	if p.follow(parent, t.salt, content) != none {
		return false // found since: the index has it, and only once
	}
	key := p.key(parent, t.salt, content)
	place, ok := p.store.Stage(key)
	if !ok {
		return false
	}
	p.moves = append(p.moves, Move{Kind: MoveLoad, From: place, To: int32(id)})
	p.keys[id] = key
	p.insert(id, parent, t.salt, content)
	return true
}

// SpillAll asks for all indexed blocks to be stored, those before others first. It is for the
// end: the pool keeps them.
func (p *Pool) SpillAll() {
	if p.store == nil {
		return
	}
	var all []BlockID
	for id := range p.blocks {
		if p.blocks[id].indexed {
			all = append(all, BlockID(id))
		}
	}
	slices.SortStableFunc(all, func(a, b BlockID) int { return cmp.Compare(p.blocks[a].depth, p.blocks[b].depth) })
	for _, id := range all {
		p.spill(id)
	}
}

func (p *Pool) spill(id BlockID) {
	p.moves = append(p.moves, Move{Kind: MoveSpill, From: int32(id), Key: p.keys[id]})
}

// key is the digest of a chain: of that before it, the salt and a block's tokens.
func (p *Pool) key(parent BlockID, salt uint64, content []int32) (key Key) {
	b := p.scratch[:0]
	if parent != none {
		b = append(b, p.keys[parent][:]...)
	}
	b = binary.LittleEndian.AppendUint64(b, salt)
	for _, token := range content {
		b = binary.LittleEndian.AppendUint32(b, uint32(token))
	}
	p.scratch = b
	sum := sha256.Sum256(b)
	copy(key[:], sum[:])
	return key
}
