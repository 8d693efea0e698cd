package kvcache

import (
	"slices"
	"testing"
)

// counts is what Counts returns, comparable.
type counts struct{ total, free, cached, held int }

func countsOf(p *Pool) (c counts) {
	c.total, c.free, c.cached, c.held = p.Counts()
	return c
}

// filled matches, grows and seals tokens, as a sequence that computed them all.
func filled(t *testing.T, p *Pool, tokens []int32, salt uint64) *Table {
	t.Helper()
	table := new(Table)
	p.Match(table, tokens, salt)
	if !p.Grow(table, len(tokens)) {
		t.Fatalf("no room for %d tokens: %+v", len(tokens), countsOf(p))
	}
	p.Seal(table, tokens)
	return table
}

func expectCounts(t *testing.T, p *Pool, want counts) {
	t.Helper()
	if got := countsOf(p); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

func TestGrowIsAllOrNothing(t *testing.T) {
	p := newPool(4, 4, false)
	var a, b Table
	if !p.Grow(&a, 9) {
		t.Fatal("9 positions do not fit 4 free blocks of 4")
	}
	expectCounts(t, p, counts{4, 1, 0, 3})
	if p.CanGrow(&b, 5) || p.Grow(&b, 5) {
		t.Error("5 positions fit into one block of 4")
	}
	expectCounts(t, p, counts{4, 1, 0, 3})
	if len(b.Blocks()) != 0 {
		t.Errorf("a failed Grow left blocks %v", b.Blocks())
	}
	if !p.Grow(&a, 3) || len(a.Blocks()) != 3 {
		t.Errorf("growing to fewer positions changed the table to %v", a.Blocks())
	}
	if !p.Grow(&b, 4) {
		t.Error("4 positions do not fit the last block")
	}
	expectCounts(t, p, counts{4, 0, 0, 4})
}

func TestTrimKeepsSealedBlocks(t *testing.T) {
	p := newPool(4, 4, true)
	tokens := []int32{1, 2, 3, 4, 5}
	table := filled(t, p, tokens, 0)
	p.Grow(table, 16)
	p.Trim(table, 5)
	expectCounts(t, p, counts{4, 2, 0, 2})
	p.Trim(table, 0)
	expectCounts(t, p, counts{4, 3, 0, 1})
	p.Release(table)
	expectCounts(t, p, counts{4, 3, 1, 0})
}

func TestWithoutReuseNothingIsKeptOrShared(t *testing.T) {
	p := newPool(8, 4, false)
	tokens := []int32{1, 2, 3, 4, 5, 6, 7, 8, 9}
	first, second := filled(t, p, tokens, 0), filled(t, p, tokens, 0)
	expectCounts(t, p, counts{8, 2, 0, 6})
	p.Trim(first, 0)
	if len(first.Blocks()) != 2 {
		t.Errorf("Trim took sealed blocks: %d left", len(first.Blocks()))
	}
	p.Release(first)
	p.Release(second)
	expectCounts(t, p, counts{8, 8, 0, 0})
	if n := p.Match(first, tokens, 0); n != 0 {
		t.Errorf("matched %d positions without reuse", n)
	}
}

func TestMatchNeverCoversAllTokens(t *testing.T) {
	tokens := []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	for _, row := range []struct {
		name         string
		tokens, want int
	}{
		{"none", 0, 0}, {"one short of a block", 3, 0}, {"a block", 4, 0},
		{"a block and one", 5, 4}, {"two blocks", 8, 4}, {"more than indexed", 12, 8},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPool(8, 4, true)
			first := filled(t, p, tokens[:8], 0)
			var second Table
			if got := p.Match(&second, tokens[:row.tokens], 0); got != row.want {
				t.Errorf("matched %d positions, want %d", got, row.want)
			}
			if !slices.Equal(second.Blocks(), first.Blocks()[:row.want/4]) {
				t.Errorf("matched blocks %v of %v", second.Blocks(), first.Blocks())
			}
		})
	}
}

// With a single bucket every chain collides with every other, so only verification
// tells them apart.
func TestCollisionsNeverMatch(t *testing.T) {
	p := newPool(16, 2, true)
	p.index = newHashed(&p.contents, 1)
	p.Release(filled(t, p, []int32{1, 2, 3, 4, 0}, 7))
	for _, row := range []struct {
		name   string
		tokens []int32
		salt   uint64
		want   int
	}{
		{"same", []int32{1, 2, 3, 4, 0}, 7, 4},
		{"other salt", []int32{1, 2, 3, 4, 0}, 8, 0},
		{"other first block", []int32{1, 3, 3, 4, 0}, 7, 0},
		{"second block in first place", []int32{3, 4, 1, 2, 0}, 7, 0},
		{"first block twice", []int32{1, 2, 1, 2, 0}, 7, 2},
		{"other second block", []int32{1, 2, 3, 5, 0}, 7, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			var table Table
			if got := p.Match(&table, row.tokens, row.salt); got != row.want {
				t.Errorf("matched %d positions, want %d", got, row.want)
			}
			p.Release(&table)
		})
	}
}

func TestSealAdoptsIndexedContent(t *testing.T) {
	p := newPool(8, 2, true)
	tokens := []int32{1, 2, 3, 4, 5}
	var a, b Table
	for _, table := range []*Table{&a, &b} { // both start before either has sealed
		p.Match(table, tokens, 0)
		p.Grow(table, len(tokens))
	}
	expectCounts(t, p, counts{8, 2, 0, 6})
	p.Seal(&a, tokens)
	p.Seal(&b, tokens)
	checkPool(t, p, []*Table{&a, &b})
	expectCounts(t, p, counts{8, 4, 0, 4})
	if !slices.Equal(a.Blocks()[:2], b.Blocks()[:2]) || a.Blocks()[2] == b.Blocks()[2] {
		t.Errorf("blocks %v and %v: full ones must be shared, tails not", a.Blocks(), b.Blocks())
	}
	p.Release(&a)
	expectCounts(t, p, counts{8, 5, 0, 3})
	p.Release(&b)
	expectCounts(t, p, counts{8, 6, 2, 0})
}

func TestEvictionIsLeastRecentlyUsedAndLeafFirst(t *testing.T) {
	p := newPool(6, 1, true)
	old, recent := []int32{1, 2, 3, 0}, []int32{7, 8, 0}
	p.Release(filled(t, p, old[:3], 0))
	p.Release(filled(t, p, recent[:2], 0))
	expectCounts(t, p, counts{6, 1, 5, 0})

	var other Table
	for _, step := range []struct{ grow, old, recent int }{
		{1, 3, 2}, // the free block
		{2, 2, 2}, // then the old chain, from its end
		{3, 1, 2}, {4, 0, 2}, {5, 0, 1}, {6, 0, 0},
	} {
		if !p.Grow(&other, step.grow) {
			t.Fatalf("no room for %d", step.grow)
		}
		if o, r := indexedRun(p, old), indexedRun(p, recent); o != step.old || r != step.recent {
			t.Errorf("after growing to %d: %d old and %d recent blocks indexed, want %d and %d", step.grow, o, r, step.old, step.recent)
		}
	}
}

func TestMatchProtectsFromEviction(t *testing.T) {
	p := newPool(3, 1, true)
	p.Release(filled(t, p, []int32{1}, 0))
	p.Release(filled(t, p, []int32{2}, 0))
	var user, other Table
	if p.Match(&user, []int32{1, 9}, 0) != 1 {
		t.Fatal("no match")
	}
	if p.CanGrow(&other, 3) {
		t.Error("a held block counted as evictable")
	}
	if !p.Grow(&other, 2) || indexedRun(p, []int32{1, 9}) != 1 || indexedRun(p, []int32{2, 9}) != 0 {
		t.Error("the held block was evicted in place of the cached one")
	}
	checkPool(t, p, []*Table{&user, &other})
}

// indexedRun counts the indexed blocks that tokens begin with, without touching them.
func indexedRun(p *Pool, tokens []int32) (n int) {
	parent := none
	for i := range (len(tokens) - 1) / p.blockSize {
		id := p.follow(parent, 0, p.slot(tokens, i))
		if id == none {
			break
		}
		parent = id
		n++
	}
	return n
}

func TestMisusePanics(t *testing.T) {
	for _, row := range []struct {
		name string
		call func()
	}{
		{"no blocks", func() { newPool(0, 4, true) }},
		{"no positions", func() { newPool(4, 0, true) }},
		{"Match on a full table", func() {
			p, table := newPool(4, 4, true), new(Table)
			p.Grow(table, 1)
			p.Match(table, []int32{1}, 0)
		}},
		{"Seal beyond the table", func() { newPool(4, 4, true).Seal(new(Table), []int32{1, 2, 3, 4}) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			row.call()
		})
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, index := range []string{IndexHash, IndexRadix} {
		for _, eviction := range Evictions {
			steady(t, New(Config{Blocks: 8, BlockSize: 4, Index: index, Eviction: eviction, HostBlocks: 6}))
		}
	}
}

func steady(t *testing.T, p *Pool) {
	t.Helper()
	tokens := make([]int32, 20)
	var table Table
	var moves []Move
	p.Reserve(&table, len(tokens))
	next := int32(0)
	if n := testing.AllocsPerRun(100, func() {
		next++ // new content each time, so that blocks are evicted, too
		tokens[6] = next
		n := p.Match(&table, tokens, 0)
		p.Grow(&table, len(tokens))
		p.SwapIn(&table, n)
		p.CopyPartial(&table, tokens)
		p.Seal(&table, tokens)
		p.Trim(&table, 5)
		p.SwapOut(&table, 20)
		p.Release(&table)
		moves = p.TakeMoves(moves[:0])
	}); n != 0 {
		t.Errorf("%v allocations per sequence", n)
	}
}

// newPool is a pool of blocks of so many positions, with reuse one that finds them by their hash.
func newPool(blocks, blockSize int, reuse bool) *Pool {
	c := Config{Blocks: blocks, BlockSize: blockSize}
	if reuse {
		c.Index = IndexHash
	}
	return New(c)
}
