package sched

import (
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
)

// Contiguous slots give what blocks give, with nobody preempted and nothing shared; a sequence that
// no slot holds is refused.
func TestRandomLoadInSlots(t *testing.T) {
	for _, row := range []struct {
		name                            string
		cfg                             Config
		slots, blocksPerSlot, blockSize int
	}{
		{"as many slots as sequences", Config{MaxBatch: 8, TokenBudget: 64, Chunked: true, DraftLength: 4}, 8, 16, 4},
		{"few slots", Config{MaxBatch: 8, TokenBudget: 32, Chunked: true, DraftLength: 4}, 3, 16, 4},
		{"short slots", Config{MaxBatch: 4, TokenBudget: 16, Chunked: true, DraftLength: 2}, 4, 3, 8},
		{"one slot, whole prompts", Config{MaxBatch: 4, TokenBudget: 16, DraftLength: 2}, 1, 1, 64},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := newLabOver(t, row.cfg, kvcache.Config{Blocks: row.slots * row.blocksPerSlot, BlockSize: row.blockSize, SlotBlocks: row.blocksPerSlot}, 1)
			l.load(12_000)
			if _, _, _, held := l.pool.Counts(); l.s.Unused() < 0 || l.s.Unused() > held*row.blockSize {
				t.Errorf("%d positions are unused of %d blocks held", l.s.Unused(), held)
			}
			l.drain()
			t.Log(l)
			if l.preemptions+l.shared+l.cached > 0 || l.accepted*l.rejected == 0 {
				t.Error("somebody was preempted or shared blocks, or no draft was accepted or rejected")
			}
		})
	}
}
