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
		content := p.slot(tokens, i)
		id, _ := p.lookup(parent, salt, content)
		if id == none {
			break
		}
		p.retain(id)
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
	parent := none
	if i > 0 {
		parent = t.blocks[i-1]
	}
	found, hash := p.lookup(parent, t.salt, content)
	if found != none {
		p.retain(found)
		p.drop(t.blocks[i])
		t.blocks[i] = found
		return
	}
	id := t.blocks[i]
	copy(p.content(id), content)
	b := &p.blocks[id]
	b.parent, b.salt, b.hash = parent, t.salt, hash
	p.index.insert(p.blocks, id)
}

// lookup returns the indexed block with this predecessor, salt and content, or none, and
// the hash of the chain.
func (p *Pool) lookup(parent BlockID, salt uint64, content []int32) (BlockID, uint64) {
	hash := mix(salt)
	if parent != none {
		hash = p.blocks[parent].hash
	}
	hash = hashTokens(hash, content)
	for id := p.index.first(hash); id != none; id = p.blocks[id].chain {
		if p.same(id, parent, salt, content) {
			return id, hash
		}
	}
	return none, hash
}

// same verifies a hit. The predecessor is compared by identity, which by induction
// covers everything before it.
func (p *Pool) same(id, parent BlockID, salt uint64, content []int32) bool {
	b := &p.blocks[id]
	if b.parent != parent || b.salt != salt {
		return false
	}
	for i, token := range p.content(id) {
		if token != content[i] {
			return false
		}
	}
	return true
}

// slot returns the tokens of the sequence's block i.
func (p *Pool) slot(tokens []int32, i int) []int32 {
	return tokens[i*p.blockSize : (i+1)*p.blockSize]
}

// content returns the stored tokens of a block.
func (p *Pool) content(id BlockID) []int32 { return p.slot(p.tokens, int(id)) }
