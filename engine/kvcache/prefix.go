package kvcache

import "fmt"

// Match attaches to the empty table t the longest indexed run of whole blocks that
// tokens begin with under salt, and returns the positions it covers. At least one
// token is left to compute, because its logits are wanted. It also sets the salt
// under which t's blocks will be sealed. A table that is not empty is a
// programming error and panics.
func (p *Pool) Match(t *Table, tokens []int32, salt uint64) int {
	if len(t.blocks) != 0 {
		panic(fmt.Sprintf("kvcache: Match on a table that holds %d blocks", len(t.blocks)))
	}
	t.salt = salt
	if !p.reuse {
		return 0
	}
	parent := none
	for i := range (len(tokens) - 1) / p.blockSize {
		id := p.follow(parent, salt, p.slot(tokens, i))
		if id == none {
			break
		}
		p.retain(id)
		p.blocks[id].uses++
		t.blocks = append(t.blocks, id)
		parent = id
	}
	t.sealed = len(t.blocks)
	return t.sealed * p.blockSize
}

// Seal declares that tokens, all computed tokens of the sequence, are final, and
// indexes its full blocks that are not yet sealed. A block whose content is indexed
// already is replaced in t by the one that the index has. More tokens than t has
// room for are a programming error and panic.
func (p *Pool) Seal(t *Table, tokens []int32) {
	full := len(tokens) / p.blockSize
	if full > len(t.blocks) {
		panic(fmt.Sprintf("kvcache: Seal of %d tokens in %d blocks of %d", len(tokens), len(t.blocks), p.blockSize))
	}
	for ; t.sealed < full; t.sealed++ {
		if p.reuse {
			p.sealBlock(t, t.sealed, p.slot(tokens, t.sealed))
		}
	}
}

// sealBlock indexes t's block i, or adopts the one that the index has for its content.
func (p *Pool) sealBlock(t *Table, i int, content []int32) {
	parent, id := t.last(), t.blocks[i]
	if found := p.follow(parent, t.salt, content); found != none {
		p.retain(found)
		p.blocks[found].uses++
		p.drop(id)
		t.blocks[i] = found
		return
	}
	if p.store != nil {
		p.keys[id] = p.key(parent, t.salt, content)
	}
	p.insert(id, parent, t.salt, content)
}

// insert indexes a block that a table holds.
func (p *Pool) insert(id, parent BlockID, salt uint64, content []int32) {
	copy(p.of(id), content)
	b := &p.blocks[id]
	*b = block{refs: b.refs, indexed: true, parent: parent, salt: salt, uses: 1, place: absent}
	if parent != none {
		b.depth = p.blocks[parent].depth + 1
		p.blocks[parent].followers++
	}
	p.index.insert(id)
}

// publicSalt is that of what is pinned for everybody.
const publicSalt = 0

// follow returns the indexed block that follows parent with this content and that salt may
// see, or none.
func (p *Pool) follow(parent BlockID, salt uint64, content []int32) BlockID {
	if p.seesPublic(parent, salt) {
		if id := p.index.find(parent, publicSalt, content); id != none && p.blocks[id].public {
			return id
		}
	}
	return p.index.find(parent, salt, content)
}

// seesPublic reports whether public blocks may follow parent for somebody of another salt.
func (p *Pool) seesPublic(parent BlockID, salt uint64) bool {
	return p.pinned > 0 && salt != publicSalt && (parent == none || p.blocks[parent].public)
}

// slot returns the tokens of the sequence's block i.
func (p *Pool) slot(tokens []int32, i int) []int32 {
	return tokens[i*p.blockSize : (i+1)*p.blockSize]
}
