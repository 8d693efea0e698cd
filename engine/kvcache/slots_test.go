package kvcache

import (
	"math/rand/v2"
	"testing"
)

// A pool of slots is a count of free slots: whatever tables do, each has a whole slot of
// consecutive blocks or none, and no two have the same.
func TestSlotsAreACountOfSlots(t *testing.T) {
	const slots, perSlot, blockSize = 4, 5, 3
	r := rand.New(rand.NewPCG(3, 1))
	p := New(Config{Blocks: slots * perSlot, BlockSize: blockSize, SlotBlocks: perSlot})
	if p.Room() != perSlot*blockSize || !p.Contiguous() || newPool(7, 2, true).Room() != 14 || newPool(7, 2, true).Contiguous() {
		t.Errorf("room for %d positions, contiguous: %v", p.Room(), p.Contiguous())
	}
	tables, computed := make([]*Table, 6), make([]int, 6)
	for i := range tables {
		tables[i] = new(Table)
	}
	refused := 0
	for op := range 10_000 {
		i := r.IntN(len(tables))
		table := tables[i]
		has := len(table.Blocks()) > 0
		switch action := r.IntN(6); {
		case action == 0 && has:
			p.Release(table)
			computed[i] = 0
		case action == 1 && has:
			p.Trim(table, computed[i])
		case action == 2 && has:
			p.Share(table, tables[r.IntN(len(tables))], 0)
		default:
			if !has {
				if n := p.Match(table, make([]int32, 9), 0); n != 0 {
					t.Fatalf("op %d: %d positions matched", op, n)
				}
			}
			to := computed[i] + r.IntN(perSlot*blockSize-computed[i]+1)
			want := has || taken(tables) < slots || to == 0
			if can, got := p.CanGrow(table, to), p.Grow(table, to); got != want || can != want {
				t.Fatalf("op %d: grow to %d: CanGrow %v, Grow %v, want %v", op, to, can, got, want)
			} else if !got {
				refused++
				break
			}
			computed[i] = to
			p.Seal(table, make([]int32, to))
		}
		checkSlots(t, p, tables)
		checkPool(t, p, tables)
		if t.Failed() {
			t.Fatalf("after op %d", op)
		}
	}
	if refused == 0 {
		t.Error("the pool was never full: the test tests little")
	}
}

func taken(tables []*Table) (n int) {
	for _, table := range tables {
		if len(table.Blocks()) > 0 {
			n++
		}
	}
	return n
}

func checkSlots(t *testing.T, p *Pool, tables []*Table) {
	t.Helper()
	for _, table := range tables {
		b := table.Blocks()
		if len(b) != 0 && len(b) != p.slotBlocks || len(b) > 0 && int(b[0])%p.slotBlocks != 0 {
			t.Errorf("a table has blocks %v", b)
		}
		for i := range b {
			if b[i] != b[0]+BlockID(i) {
				t.Errorf("blocks %v do not lie together", b)
			}
		}
	}
	held := taken(tables) * p.slotBlocks
	if total, free, cached, h := p.Counts(); h != held || cached != 0 || free+h != total {
		t.Errorf("%d free, %d cached, %d held of %d; want %d held", free, cached, h, total, held)
	}
}
