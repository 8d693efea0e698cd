package kvcache

import "fmt"

// Share extends t, whose blocks are those that from begins with or which have their
// content, by from's whole sealed blocks within positions, without copying, and returns
// the positions that t covers now. Unlike Match it needs no index, and works without reuse.
// The caller vouches that both sequences have the same tokens there; two tables of
// different salt are a programming error and panic.
func (p *Pool) Share(t, from *Table, positions int) int {
	n := min(positions/p.blockSize, from.sealed)
	if len(t.blocks) >= n {
		return len(t.blocks) * p.blockSize
	}
	if t.salt != from.salt {
		panic(fmt.Sprintf("kvcache: Share between tables of salts %d and %d", t.salt, from.salt))
	}
	for _, id := range from.blocks[len(t.blocks):n] {
		p.retain(id)
		t.blocks = append(t.blocks, id)
	}
	t.sealed = n
	return n * p.blockSize
}
