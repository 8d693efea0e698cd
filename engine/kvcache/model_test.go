package kvcache

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// More find rarer things: go test ./engine/kvcache -run Naive -operations 1000000
var operations = flag.Int("operations", 10_000, "random operations per kind of pool")

// world is a pool, its definition, and the memory that the pool's blocks stand for. What a
// position holds is a digest of everything before it, so a position that was overwritten,
// copied too late or from elsewhere shows at once.
type world struct {
	*testing.T
	r      *rand.Rand
	p      *Pool
	n      *naive
	kv     [][]uint64 // (blocks, block size)
	host   [][]uint64
	disk   map[Key][]uint64
	staged [][]uint64
	moves  []Move
	actors []*actor

	matched, partial, restored, swapped int // positions
}

// actor drives a table of both with the same operations.
type actor struct {
	table    *Table
	naive    *naiveTable
	tokens   []int32
	salt     uint64
	computed int
	live     bool // has blocks
	waits    bool // was preempted, and goes on with its tokens
}

func newWorld(t *testing.T, c Config, stores bool) *world {
	w := &world{T: t, r: rand.New(rand.NewPCG(1, uint64(c.Blocks))), disk: map[Key][]uint64{}}
	w.n = &naive{Config: c, index: map[string]*entry{}, store: map[string]bool{}}
	if stores {
		c.Store = w
	}
	w.p = New(c)
	w.kv, w.host = cells(c.Blocks, c.BlockSize), cells(c.HostBlocks, c.BlockSize)
	for range 5 {
		a := &actor{table: new(Table), naive: new(naiveTable)}
		w.actors = append(w.actors, a)
		w.n.tables = append(w.n.tables, a.naive)
	}
	return w
}

func cells(n, size int) (out [][]uint64) {
	for range n {
		out = append(out, make([]uint64, size))
	}
	return out
}

// Stage is the test's store: it never is short of places.
func (w *world) Stage(key Key) (int32, bool) {
	if w.disk[key] == nil {
		return 0, false
	}
	w.staged = append(w.staged, w.disk[key])
	return int32(len(w.staged) - 1), true
}

// move does what the pool asks for.
func (w *world) move() {
	w.moves = w.p.TakeMoves(w.moves[:0])
	for _, m := range w.moves {
		switch m.Kind {
		case MoveCopy:
			copy(w.kv[m.To][:m.Positions], w.kv[m.From])
		case MoveOut:
			copy(w.host[m.To], w.kv[m.From])
		case MoveIn:
			copy(w.kv[m.To], w.host[m.From])
		case MoveSpill:
			w.disk[m.Key] = slices.Clone(w.kv[m.From])
		case MoveLoad:
			copy(w.kv[m.To], w.staged[m.From])
		}
	}
}

// digests are what a's positions hold.
func (a *actor) digests(positions int) []uint64 {
	out, digest := make([]uint64, positions), a.salt
	for i := range out {
		digest = mix(digest ^ uint64(uint32(a.tokens[i])))
		out[i] = digest
	}
	return out
}

// verify reads what an actor's computed positions hold. What is public was computed under
// another salt, and holds the same all the same.
func (w *world) verify(a *actor, public bool) {
	w.Helper()
	other := *a
	other.salt = publicSalt
	digests, publics := a.digests(a.computed), other.digests(a.computed)
	for i, want := range digests {
		got := w.kv[a.table.blocks[i/w.p.blockSize]][i%w.p.blockSize]
		if got != want && !(public && got == publics[i]) {
			w.Fatalf("position %d of %v under %d in block %d holds something else", i, a.tokens, a.salt, a.table.blocks[i/w.p.blockSize])
		}
	}
}

func TestPoolIsTheNaivePool(t *testing.T) {
	cost := func(position int) int64 { return int64(100 + 7*position) }
	for _, row := range []struct {
		Config
		stores, pins bool
	}{
		{Config: Config{Blocks: 24, BlockSize: 2}},
		{Config: Config{Blocks: 24, BlockSize: 2, Index: IndexHash}},
		{Config: Config{Blocks: 30, BlockSize: 1, Index: IndexHash, HostBlocks: 12}},
		{Config: Config{Blocks: 7, BlockSize: 3, Index: IndexHash, HostBlocks: 3}},
		{Config: Config{Blocks: 24, BlockSize: 2, Index: IndexHash, Eviction: EvictLFU}, pins: true},
		{Config: Config{Blocks: 24, BlockSize: 2, Index: IndexHash, Eviction: EvictCost, Cost: cost}, stores: true},
		{Config: Config{Blocks: 24, BlockSize: 4, Index: IndexRadix}},
		{Config: Config{Blocks: 24, BlockSize: 5, Index: IndexRadix, CopyUnit: 3}},
		{Config: Config{Blocks: 30, BlockSize: 1, Index: IndexRadix, HostBlocks: 12}, pins: true},
		{Config: Config{Blocks: 7, BlockSize: 3, Index: IndexRadix, Eviction: EvictLFU, HostBlocks: 3}},
		{Config: Config{Blocks: 9, BlockSize: 5, Index: IndexRadix, Eviction: EvictCost, Cost: cost}},
		{Config: Config{Blocks: 24, BlockSize: 3, Index: IndexRadix, HostBlocks: 10}, stores: true, pins: true},
	} {
		name := fmt.Sprintf("%s,%s,%d of %d,host %d,stores %v,pins %v", row.Index, row.Eviction, row.Blocks, row.BlockSize, row.HostBlocks, row.stores, row.pins)
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, row.Config, row.stores)
			w.run(*operations, row.pins)
			t.Logf("positions: %d matched, %d copied, %d restored, %d swapped; %d evicted", w.matched, w.partial, w.restored, w.swapped, w.p.Evicted())
			if row.reuses() == (w.matched == 0) || row.reuses() == (w.p.Evicted() == 0) || (row.Index == IndexRadix && row.BlockSize > 1) == (w.partial == 0) ||
				row.stores == (w.restored == 0) || (row.HostBlocks > 0) == (w.swapped == 0) {
				t.Error("the test does not test what it is for")
			}
		})
	}
}

func (w *world) run(operations int, pins bool) {
	w.Helper()
	tables := make([]*Table, len(w.actors))
	for i, a := range w.actors {
		tables[i] = a.table
	}
	for op := range operations {
		w.act(w.actors[w.r.IntN(len(w.actors))])
		if pins && op%997 == 500 && w.p.Pinned() < len(w.p.blocks)/4 {
			w.pin(w.actors[w.r.IntN(len(w.actors))])
		}
		w.check(tables)
		if w.Failed() {
			w.Fatalf("after operation %d", op)
		}
	}
	for _, a := range w.actors {
		w.p.Release(a.table)
		w.p.DropSwapped(a.table)
	}
	if total, free, cached, held := w.p.Counts(); free+cached+held != total || held != w.p.Pinned() {
		w.Errorf("idle with %d blocks held, %d of them pinned", held, w.p.Pinned())
	}
	if _, used := w.p.Host(); used != 0 {
		w.Errorf("idle with %d blocks outside", used)
	}
}

func (w *world) check(tables []*Table) {
	w.Helper()
	if got, want := countsOf(w.p), w.n.counts(); got != want {
		w.Errorf("counts %+v, want %+v", got, want)
	}
	if w.p.Pinned() != w.n.pinned {
		w.Errorf("%d blocks are pinned, want %d", w.p.Pinned(), w.n.pinned)
	}
	checkPool(w.T, w.p, tables)
	for _, a := range w.actors {
		if a.live {
			w.verify(a, w.n.pinned > 0)
		}
	}
}

// act does one random operation.
func (w *world) act(a *actor) {
	w.Helper()
	if !a.live {
		w.start(a)
		return
	}
	switch w.r.IntN(10) {
	case 0:
		w.release(a)
	case 1:
		w.preempt(a)
	case 2:
		w.p.Trim(a.table, a.computed)
		w.n.trim(a.naive, a.computed)
	default:
		w.compute(a)
	}
}

func (w *world) release(a *actor) {
	w.p.Release(a.table)
	w.n.release(a.naive)
	a.live = false
}

// preempt takes an actor's blocks away, to be found, copied in or computed again.
func (w *world) preempt(a *actor) {
	w.Helper()
	if got, want := w.p.SwapOut(a.table, a.computed), w.n.swapOut(a.naive, a.computed); got != want {
		w.Fatalf("swapping out %d positions: %v, want %v", a.computed, got, want)
	}
	w.move()
	w.release(a)
	a.waits = true
}

// start begins a sequence over a small alphabet, so that prefixes repeat, or goes on with one.
func (w *world) start(a *actor) {
	w.Helper()
	if !a.waits {
		a.tokens = a.tokens[:0]
		for range 1 + w.r.IntN(12) {
			a.tokens = append(a.tokens, int32(w.r.IntN(2)))
		}
		a.salt = uint64(w.r.IntN(2))
	} else if len(a.tokens) == a.computed {
		a.tokens = append(a.tokens, 0) // the pending token
	}
	a.waits, a.live = false, true
	n := w.p.Match(a.table, a.tokens, a.salt)
	if want := w.n.match(a.naive, a.tokens, a.salt); n != want {
		w.Fatalf("matched %d positions of %v under %d, want %d", n, a.tokens, a.salt, want)
	}
	w.matched += n
	a.computed = n
	got, want := w.p.Grow(a.table, len(a.tokens)), w.n.grow(a.naive, len(a.tokens))
	if got != want {
		w.Fatalf("grow to %d: %v, want %v", len(a.tokens), got, want)
	}
	if !got {
		w.release(a)
		a.waits = true
		return
	}
	w.attach(a)
	w.move()
}

// attach takes what is outside, or in the store, or in parts of blocks.
func (w *world) attach(a *actor) {
	w.Helper()
	if len(a.table.host) > 0 {
		before := a.computed
		a.computed = w.p.SwapIn(a.table, before)
		if want := w.n.swapIn(a.naive, before); a.computed != want {
			w.Fatalf("%d positions after swapping in, want %d", a.computed, want)
		}
		w.swapped += a.computed - before
		return
	}
	before := a.computed
	a.computed = w.p.Restore(a.table, a.tokens)
	if w.p.store == nil {
		clear(w.n.store)
	}
	if want := w.n.restore(a.naive, a.tokens); a.computed != want {
		w.Fatalf("%d positions restored of %v, want %d", a.computed, a.tokens, want)
	}
	w.restored += a.computed - before
	want, best := w.n.partial(a.naive, a.tokens)
	n := w.p.CopyPartial(a.table, a.tokens)
	if n != want {
		w.Fatalf("%d positions copied of %v behind %d, want %d", n, a.tokens, a.computed, want)
	}
	if n > 0 {
		w.n.used(w.chosen(best))
	}
	w.partial += n
	a.computed += n
}

// chosen is that of several entries of the same beginning that the pool copied from.
func (w *world) chosen(best []*entry) *entry {
	w.Helper()
	m := w.p.moves[len(w.p.moves)-1]
	b := w.p.blocks[m.From]
	i := slices.IndexFunc(best, func(e *entry) bool { return e.salt == b.salt && slices.Equal(e.tokens, w.p.of(BlockID(m.From))) })
	if i < 0 {
		w.Fatalf("copied from block %d, which has %v", m.From, w.p.of(BlockID(m.From)))
	}
	return best[i]
}

// compute advances by some tokens, with room for some more that are not kept.
func (w *world) compute(a *actor) {
	w.Helper()
	to := a.computed + 1 + w.r.IntN(5)
	room := to + w.r.IntN(5)
	can := w.p.CanGrow(a.table, room)
	got, want := w.p.Grow(a.table, room), w.n.grow(a.naive, room)
	if got != want || can != want {
		w.Fatalf("grow to %d: CanGrow %v, Grow %v, want %v", room, can, got, want)
	}
	w.move()
	if !got {
		return
	}
	for len(a.tokens) < to {
		a.tokens = append(a.tokens, int32(w.r.IntN(2)))
	}
	for i, digest := range a.digests(to) {
		if i >= a.computed {
			w.kv[a.table.blocks[i/w.p.blockSize]][i%w.p.blockSize] = digest
		}
	}
	a.computed = to
	w.p.Seal(a.table, a.tokens[:to])
	w.n.seal(a.naive, a.tokens[:to])
}

// pin pins what an actor has computed.
func (w *world) pin(a *actor) {
	w.Helper()
	tokens := a.tokens[:min(len(a.tokens), a.computed, 3*w.p.blockSize)]
	public := a.salt == publicSalt
	if got, want := w.p.Pin(tokens, a.salt, public), w.n.pin(tokens, a.salt, public); got != want {
		w.Fatalf("pinned %d positions of %v, want %d", got, tokens, want)
	}
}
