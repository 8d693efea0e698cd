package kvcache

import "testing"

// checkPool verifies the pool's structure against the tables, which must be all that
// hold blocks, from the outside in: nothing is taken from a counter.
func checkPool(t *testing.T, p *Pool, tables []*Table) {
	t.Helper()
	refs := make([]int32, len(p.blocks))
	writers := make([]int, len(p.blocks))
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
	}
	where := make([]string, len(p.blocks))
	for _, id := range p.free {
		where[id] += "free "
	}
	for id := p.lru.oldest; id != none; id = p.blocks[id].newer {
		where[id] += "cached "
	}
	for id := range p.blocks {
		checkBlock(t, p, BlockID(id), refs[id], writers[id], where[id])
	}
	checkLeafFirst(t, p)
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
	switch {
	case refs == 0 && b.indexed:
		want = "cached "
	case refs == 0:
		want = "free "
	}
	if where != want {
		t.Errorf("block %d (%d references, indexed %v) is listed as %q, want %q", id, refs, b.indexed, where, want)
	}
	if b.indexed && b.parent != none && (!p.blocks[b.parent].indexed || p.blocks[b.parent].refs < refs) {
		t.Errorf("block %d outlives its predecessor %d: %+v", id, b.parent, p.blocks[b.parent])
	}
}

// checkLeafFirst verifies that a cached block's predecessor, if cached, is newer.
func checkLeafFirst(t *testing.T, p *Pool) {
	t.Helper()
	passed := make(map[BlockID]bool)
	for id := p.lru.oldest; id != none; id = p.blocks[id].newer {
		if parent := p.blocks[id].parent; passed[parent] {
			t.Errorf("block %d would be evicted after its predecessor %d", id, parent)
		}
		passed[id] = true
	}
}
