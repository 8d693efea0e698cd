package kvcache

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// naive is the pool's definition, written for clarity: chains are strings, recency is a
// counter, every question is answered by a search.
type naive struct {
	total, blockSize int
	reuse            bool
	clock            int
	index            map[string]*entry
	tables           []*naiveTable
}

// entry is one sealed content.
type entry struct{ holders, released int }

type naiveTable struct {
	salt    uint64
	sealed  []string // chains; with reuse all are in the index
	private int      // blocks that only this table has
}

func (n *naive) chain(tokens []int32, blocks int, salt uint64) string {
	return fmt.Sprint(salt, tokens[:blocks*n.blockSize])
}

func (n *naive) match(t *naiveTable, tokens []int32, salt uint64) int {
	t.salt = salt
	for (len(t.sealed)+1)*n.blockSize < len(tokens) {
		chain := n.chain(tokens, len(t.sealed)+1, salt)
		e := n.index[chain]
		if e == nil {
			break
		}
		e.holders++
		t.sealed = append(t.sealed, chain)
	}
	return len(t.sealed) * n.blockSize
}

func (n *naive) counts() counts {
	c := counts{total: n.total}
	for _, e := range n.index {
		if e.holders > 0 {
			c.held++
		} else {
			c.cached++
		}
	}
	for _, t := range n.tables {
		c.held += t.private
		if !n.reuse {
			c.held += len(t.sealed)
		}
	}
	c.free = n.total - c.cached - c.held
	return c
}

func (n *naive) grow(t *naiveTable, positions int) bool {
	missing := (positions+n.blockSize-1)/n.blockSize - len(t.sealed) - t.private
	if c := n.counts(); missing > c.free+c.cached {
		return false
	}
	for range missing {
		if n.counts().free == 0 {
			n.evict()
		}
		t.private++
	}
	return true
}

func (n *naive) evict() {
	victim := ""
	for chain, e := range n.index {
		if e.holders == 0 && (victim == "" || e.released < n.index[victim].released) {
			victim = chain
		}
	}
	delete(n.index, victim)
}

func (n *naive) seal(t *naiveTable, tokens []int32) {
	for len(t.sealed) < len(tokens)/n.blockSize {
		chain := n.chain(tokens, len(t.sealed)+1, t.salt)
		t.sealed = append(t.sealed, chain)
		t.private--
		if !n.reuse {
			continue
		}
		if n.index[chain] == nil {
			n.index[chain] = &entry{}
		}
		n.index[chain].holders++
	}
}

func (n *naive) trim(t *naiveTable, positions int) {
	keep := (positions+n.blockSize-1)/n.blockSize - len(t.sealed)
	t.private = min(t.private, max(keep, 0))
}

func (n *naive) release(t *naiveTable) {
	for _, chain := range slices.Backward(t.sealed) {
		if e := n.index[chain]; e != nil {
			e.holders--
			n.clock++
			e.released = n.clock
		}
	}
	*t = naiveTable{}
}

// actor drives a table of both with the same operations.
type actor struct {
	table    *Table
	naive    *naiveTable
	tokens   []int32
	computed int
	live     bool
}

func TestPoolIsTheNaivePool(t *testing.T) {
	for _, row := range []struct {
		name              string
		blocks, blockSize int
		reuse             bool
	}{
		{"reuse", 24, 2, true}, {"reuse, one position per block", 30, 1, true},
		{"reuse, tight", 7, 3, true}, {"no reuse", 24, 2, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(row.blocks)))
			p := NewPool(row.blocks, row.blockSize, row.reuse)
			n := &naive{total: row.blocks, blockSize: row.blockSize, reuse: row.reuse, index: map[string]*entry{}}
			actors, tables := make([]*actor, 5), make([]*Table, 5)
			for i := range actors {
				actors[i] = &actor{table: new(Table), naive: new(naiveTable)}
				tables[i] = actors[i].table
				n.tables = append(n.tables, actors[i].naive)
			}
			matched := 0
			for op := range 10_000 {
				matched += actors[r.IntN(len(actors))].act(t, r, p, n)
				if got, want := countsOf(p), n.counts(); got != want {
					t.Fatalf("op %d: counts %+v, want %+v", op, got, want)
				}
				checkPool(t, p, tables)
				if t.Failed() {
					t.Fatalf("after op %d", op)
				}
			}
			if row.reuse == (matched == 0) {
				t.Errorf("matched %d positions in all: the test does not test reuse", matched)
			}
		})
	}
}

// act does one random operation and returns the positions it matched.
func (a *actor) act(t *testing.T, r *rand.Rand, p *Pool, n *naive) int {
	t.Helper()
	if !a.live {
		return a.start(t, r, p, n)
	}
	switch r.IntN(8) {
	case 0:
		p.Release(a.table)
		n.release(a.naive)
		a.live = false
	case 1:
		p.Trim(a.table, a.computed)
		n.trim(a.naive, a.computed)
	default:
		a.compute(t, r, p, n)
	}
	return 0
}

// start begins a sequence over a small alphabet, so that prefixes repeat.
func (a *actor) start(t *testing.T, r *rand.Rand, p *Pool, n *naive) int {
	t.Helper()
	a.tokens, a.live = a.tokens[:0], true
	for range 1 + r.IntN(12) {
		a.tokens = append(a.tokens, int32(r.IntN(2)))
	}
	salt := uint64(r.IntN(2))
	a.computed = p.Match(a.table, a.tokens, salt)
	if want := n.match(a.naive, a.tokens, salt); a.computed != want {
		t.Fatalf("matched %d positions of %v under %d, want %d", a.computed, a.tokens, salt, want)
	}
	return a.computed
}

// compute advances by some tokens, with room for some more that are not kept.
func (a *actor) compute(t *testing.T, r *rand.Rand, p *Pool, n *naive) {
	t.Helper()
	to := a.computed + 1 + r.IntN(5)
	room := to + r.IntN(5)
	can := p.CanGrow(a.table, room)
	got, want := p.Grow(a.table, room), n.grow(a.naive, room)
	if got != want || can != want {
		t.Fatalf("grow to %d: CanGrow %v, Grow %v, want %v", room, can, got, want)
	}
	if !got {
		return
	}
	for len(a.tokens) < to {
		a.tokens = append(a.tokens, int32(r.IntN(2)))
	}
	a.computed = to
	p.Seal(a.table, a.tokens[:to])
	n.seal(a.naive, a.tokens[:to])
}
