package kvcache

import (
	"slices"
	"testing"
)

// checkPool verifies the pool's structure against the tables, which must be all that
// hold blocks but for pins, from the outside in: nothing is taken from a counter.
func checkPool(t *testing.T, p *Pool, tables []*Table) {
	t.Helper()
	refs := make([]int32, len(p.blocks))
	writers := make([]int, len(p.blocks))
	host := make([]int, p.hostBlocks)
	for _, table := range tables {
		for i, id := range table.blocks {
			refs[id]++
			if i >= table.sealed {
				writers[id]++
			}
			if b := p.blocks[id]; p.reuse && b.indexed != (i < table.sealed) {
				t.Errorf("block %d at %d of %d sealed: indexed is %v", id, i, table.sealed, b.indexed)
			}
		}
		for _, place := range table.host {
			host[place]++
		}
	}
	where := make([]string, len(p.blocks))
	for _, id := range p.free {
		where[id] += "free "
	}
	for id := range p.blocks {
		if p.blocks[id].indexed && p.blocks[id].pinned {
			refs[id]++
		}
		checkBlock(t, p, BlockID(id), refs[id], writers[id], where[id])
	}
	for _, place := range p.host {
		host[place]++
	}
	if slices.ContainsFunc(host, func(n int) bool { return n != 1 }) {
		t.Errorf("places outside are free or used %v times", host)
	}
	checkVictims(t, p)
	checkIndex(t, p)
}

func checkBlock(t *testing.T, p *Pool, id BlockID, refs int32, writers int, where string) {
	t.Helper()
	b := p.blocks[id]
	if b.refs != refs {
		t.Errorf("block %d has %d references, its count says %d", id, refs, b.refs)
	}
	if writers > 0 && refs > 1 {
		t.Errorf("block %d is shared by %d tables and in %d writable tails", id, refs, writers)
	}
	want := ""
	if refs == 0 && !b.indexed {
		want = "free "
	}
	if where != want {
		t.Errorf("block %d (%d references, indexed %v) is listed as %q, want %q", id, refs, b.indexed, where, want)
	}
	if b.indexed && b.parent != none && (!p.blocks[b.parent].indexed || p.blocks[b.parent].refs == 0 && refs > 0) {
		t.Errorf("block %d outlives its predecessor %d: %+v", id, b.parent, p.blocks[b.parent])
	}
}

// checkVictims verifies that the heap has exactly the cached blocks that nobody follows, in
// the order of a heap.
func checkVictims(t *testing.T, p *Pool) {
	t.Helper()
	followers := make([]int32, len(p.blocks))
	for _, b := range p.blocks {
		if b.indexed && b.parent != none {
			followers[b.parent]++
		}
	}
	cached := 0
	for id, b := range p.blocks {
		if !b.indexed {
			continue
		}
		if b.followers != followers[id] {
			t.Errorf("block %d has %d followers, its count says %d", id, followers[id], b.followers)
		}
		if b.refs == 0 {
			cached++
		}
		victim := b.place != absent && int(b.place) < len(p.victims.heap) && p.victims.heap[b.place] == BlockID(id)
		if victim != (b.refs == 0 && followers[id] == 0) {
			t.Errorf("block %d (%d references, %d followers) is a victim: %v", id, b.refs, followers[id], victim)
		}
	}
	if cached != p.cached {
		t.Errorf("%d blocks are cached, the count says %d", cached, p.cached)
	}
	for i := 1; i < len(p.victims.heap); i++ {
		if p.victims.before(i, (i-1)/2) {
			t.Errorf("heap is out of order at %d", i)
		}
	}
}

// checkIndex verifies that every indexed block is found by its content.
func checkIndex(t *testing.T, p *Pool) {
	t.Helper()
	for id, b := range p.blocks {
		if !b.indexed {
			continue
		}
		if found := p.index.find(b.parent, b.salt, p.of(BlockID(id))); found != BlockID(id) {
			t.Errorf("block %d is found as %d", id, found)
		}
	}
}
