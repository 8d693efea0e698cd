package kvcache

import "fmt"

// Forget gives back the blocks that lie wholly in positions [from, to). They leave holes in
// t's list, which nobody may read. Sealed blocks there are a programming error and panic:
// whoever holds an indexed block holds those before it.
func (p *Pool) Forget(t *Table, from, to int) {
	for i := max(p.blocksFor(from), t.forgotten); i < min(to/p.blockSize, len(t.blocks)); i++ {
		t.forgotten = i + 1
		if t.blocks[i] != none {
			p.giveUp(t, i)
			t.blocks[i] = none
			t.holes++
		}
	}
}

// Compact gives back the blocks of t at these places, ascending; those behind them move up.
// Position i, if it is behind the last of them, then lies in Blocks()[(i - Dropped) / BlockSize].
func (p *Pool) Compact(t *Table, places []int) {
	to := 0
	for i, id := range t.blocks {
		if len(places) > 0 && places[0] == i {
			p.giveUp(t, i)
			places = places[1:]
			t.removed++
			continue
		}
		t.blocks[to] = id
		to++
	}
	t.blocks = t.blocks[:to]
}

func (p *Pool) giveUp(t *Table, i int) {
	if i < t.sealed {
		panic(fmt.Sprintf("kvcache: block %d of a sequence is given up, of which %d are sealed", i, t.sealed))
	}
	p.drop(t.blocks[i])
	p.forgotten++
}

// Dropped is how many positions were taken out of t by Compact.
func (p *Pool) Dropped(t *Table) int { return t.removed * p.blockSize }

// Held is how many positions t has room for.
func (p *Pool) Held(t *Table) int { return (len(t.blocks) - t.holes) * p.blockSize }

// Forgotten is how many positions sequences gave up while they ran, since the pool was made.
func (p *Pool) Forgotten() int64 { return p.forgotten * int64(p.blockSize) }
