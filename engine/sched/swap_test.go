package sched

import (
	"fmt"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/kvcache"
)

// outside is the lab's memory beside the pool's.
type outside struct {
	host   []uint64 // (host blocks * block size)
	disk   map[kvcache.Key][]uint64
	staged [][]uint64

	copied, out, in, loaded int // moves
}

// Stage is the lab's store, which is never short of places.
func (l *lab) Stage(key kvcache.Key) (int32, bool) {
	if l.disk[key] == nil {
		return 0, false
	}
	l.staged = append(l.staged, l.disk[key])
	return int32(len(l.staged) - 1), true
}

// move does what the plan asks for.
func (l *lab) move() {
	n := int32(l.pool.BlockSize())
	of := func(memory []uint64, i int32) []uint64 { return memory[i*n : (i+1)*n] }
	for _, m := range l.plan.Moves {
		switch m.Kind {
		case kvcache.MoveCopy:
			copy(of(l.kv, m.To)[:m.Positions], of(l.kv, m.From))
			l.copied++
		case kvcache.MoveOut:
			copy(of(l.host, m.To), of(l.kv, m.From))
			l.out++
		case kvcache.MoveIn:
			copy(of(l.kv, m.To), of(l.host, m.From))
			l.in++
		case kvcache.MoveSpill:
			l.disk[m.Key] = slices.Clone(of(l.kv, m.From))
		case kvcache.MoveLoad:
			copy(of(l.kv, m.To), l.staged[m.From])
			l.loaded++
		}
	}
}

// TestRandomLoadOverCaches drives the same load over every index and policy, with preempted
// sequences swapped out, and evicted blocks stored: every answer is the expected one, every
// position read holds what it should.
func TestRandomLoadOverCaches(t *testing.T) {
	some := &lab{}
	for _, row := range []struct {
		cfg   Config
		cache kvcache.Config
	}{
		{Config{MaxBatch: 8, TokenBudget: 32, Chunked: true, DraftLength: 4, Swap: true}, kvcache.Config{Blocks: 18, BlockSize: 2, HostBlocks: 40}},
		{Config{MaxBatch: 8, TokenBudget: 32, Chunked: true, DraftLength: 4, Swap: true}, kvcache.Config{Blocks: 18, BlockSize: 2, HostBlocks: 9}},
		{Config{MaxBatch: 6, TokenBudget: 4, DraftLength: 2, Swap: true}, kvcache.Config{Blocks: 12, BlockSize: 3, HostBlocks: 20, Index: kvcache.IndexHash}},
		{Config{MaxBatch: 8, TokenBudget: 32, Chunked: true, DraftLength: 4}, kvcache.Config{Blocks: 18, BlockSize: 3, Index: kvcache.IndexRadix}},
		{Config{MaxBatch: 8, TokenBudget: 9, Chunked: true, DraftLength: 4, Swap: true},
			kvcache.Config{Blocks: 12, BlockSize: 5, HostBlocks: 10, Index: kvcache.IndexRadix, Eviction: kvcache.EvictCost}},
		{Config{MaxBatch: 8, TokenBudget: 32, Chunked: true}, kvcache.Config{Blocks: 18, BlockSize: 3, Index: kvcache.IndexHash, Eviction: kvcache.EvictLFU, Store: some}},
		{Config{MaxBatch: 8, TokenBudget: 32, Chunked: true, DraftLength: 2, Swap: true},
			kvcache.Config{Blocks: 18, BlockSize: 4, HostBlocks: 12, Index: kvcache.IndexRadix, Store: some}},
	} {
		for _, classes := range []bool{false, true} {
			row.cfg.Classes = classes
			t.Run(fmt.Sprintf("%s,%s,%d of %d,host %d,store %v,classes %v", row.cache.Index, row.cache.Eviction, row.cache.Blocks,
				row.cache.BlockSize, row.cache.HostBlocks, row.cache.Store != nil, classes), func(t *testing.T) {
				l := newLabOver(t, row.cfg, row.cache, 1)
				l.load(12_000)
				l.drain()
				t.Log(l, l.copied, "copied", l.out, "out", l.in, "in", l.loaded, "loaded")
				if (row.cache.HostBlocks > 0) != (l.in > 0) || (row.cache.Index == kvcache.IndexRadix) != (l.copied > 0) ||
					(row.cache.Store != nil) != (l.loaded > 0) || l.in > l.out || l.preemptions == 0 {
					t.Error("the test does not test what it is for")
				}
				if _, used := l.pool.Host(); used != 0 {
					t.Errorf("idle with %d blocks outside of the pool", used)
				}
			})
		}
	}
}
