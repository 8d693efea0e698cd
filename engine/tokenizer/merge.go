package tokenizer

import "sync"

// mergeTable maps an adjacent pair of ids to the merge that joins them: a hash table
// with open addressing and linear probing, at most half full. It is read several times
// per input byte, and a Go map takes about three times as long.
type mergeTable struct {
	slots []mergeSlot
	shift uint // 64 - log2(len(slots))
}

type mergeSlot struct {
	pair uint64
	rank int32 // order of preference, from 0
	id   int32 // the joined token
}

const (
	noPair = ^uint64(0)
	noRank = int32(1<<31 - 1)
)

func newMergeTable(count int) *mergeTable {
	bits := uint(4)
	for 1<<bits < 2*count {
		bits++
	}
	t := &mergeTable{slots: make([]mergeSlot, 1<<bits), shift: 64 - bits}
	for i := range t.slots {
		t.slots[i] = mergeSlot{pair: noPair, rank: noRank, id: -1}
	}
	return t
}

func pairOf(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

// slot is where the pair is, or the empty slot where it would be. The multiplier is 2^64
// over the golden ratio (Knuth, The Art of Computer Programming, 6.4).
func (t *mergeTable) slot(pair uint64) *mergeSlot {
	mask := len(t.slots) - 1
	for i := int(pair * 0x9e3779b97f4a7c15 >> t.shift); ; i++ {
		s := &t.slots[i&mask]
		if s.pair == pair || s.pair == noPair {
			return s
		}
	}
}

// add reports false if the pair is there already.
func (t *mergeTable) add(left, right, rank, id int32) bool {
	s := t.slot(pairOf(left, right))
	if s.pair != noPair {
		return false
	}
	*s = mergeSlot{pairOf(left, right), rank, id}
	return true
}

// find gives noRank for a pair that does not merge.
func (t *mergeTable) find(left, right int32) (rank, id int32) {
	s := t.slot(pairOf(left, right))
	return s.rank, s.id
}

// scanLimit is the longest word, in bytes, that is merged by scanning for the best pair at every step.
// The scan is quadratic but touches a few cache lines. In BenchmarkEncodeGo it is worth 10 to 20 %
// over the heap alone, and the same with a limit of 24 or 32; BenchmarkMergeCutover compares the two on one word.
const scanLimit = 24

// merge replaces ids, one per byte of a word, by the word's tokens, in place: at every step the
// pair of lowest rank is joined, the leftmost of several.
func (t *mergeTable) merge(ids []int32) []int32 {
	if len(ids) <= scanLimit {
		return t.mergeScan(ids)
	}
	h := heaps.Get().(*mergeHeap)
	ids = h.merge(t, ids)
	if cap(h.queue) <= keepHeap {
		heaps.Put(h)
	}
	return ids
}

func (t *mergeTable) mergeScan(ids []int32) []int32 {
	var ranks, joined [scanLimit]int32 // of the pair (i, i+1)
	for i := range len(ids) - 1 {
		ranks[i], joined[i] = t.find(ids[i], ids[i+1])
	}
	for len(ids) > 1 {
		n := len(ids) - 1
		best, at := noRank, 0
		for i, r := range ranks[:n] {
			if r < best {
				best, at = r, i
			}
		}
		if best == noRank {
			break
		}
		ids[at] = joined[at]
		copy(ids[at+1:], ids[at+2:])
		copy(ranks[at:n], ranks[at+1:n])
		copy(joined[at:n], joined[at+1:n])
		ids = ids[:n]
		if at > 0 {
			ranks[at-1], joined[at-1] = t.find(ids[at-1], ids[at])
		}
		if at+1 < n {
			ranks[at], joined[at] = t.find(ids[at], ids[at+1])
		}
	}
	return ids
}

// keepHeap is the capacity, in pairs, above which a heap is left to the garbage collector, so that one
// huge word does not hold its memory for good.
const keepHeap = 1 << 16

var heaps = sync.Pool{New: func() any { return new(mergeHeap) }}

// mergeHeap merges long words: a binary heap of candidate pairs over a doubly linked list of tokens.
type mergeHeap struct {
	queue      []uint64 // rank<<32 | position of the pair's left token; the smallest first
	next, prev []int32  // positions of the neighbours; len(ids) and -1 at the ends
}

const dead = int32(-1)

func (h *mergeHeap) merge(t *mergeTable, ids []int32) []int32 {
	h.link(t, ids)
	for len(h.queue) > 0 {
		top := h.pop()
		rank, left := int32(top>>32), int32(uint32(top))
		right := h.next[left]
		if ids[left] == dead || int(right) >= len(ids) {
			continue
		}
		r, id := t.find(ids[left], ids[right])
		if r != rank { // queued before a neighbour changed
			continue
		}
		ids[left], ids[right] = id, dead
		after := h.next[right]
		h.next[left] = after
		if int(after) < len(ids) {
			h.prev[after] = left
			h.push(t, ids, left, after)
		}
		if before := h.prev[left]; before >= 0 {
			h.push(t, ids, before, left)
		}
	}
	return compact(ids)
}

// link starts the list and the queue with every pair of neighbours.
func (h *mergeHeap) link(t *mergeTable, ids []int32) {
	h.queue, h.next, h.prev = h.queue[:0], h.next[:0], h.prev[:0]
	for i := range int32(len(ids)) {
		h.next = append(h.next, i+1)
		h.prev = append(h.prev, i-1)
	}
	for i := range int32(len(ids) - 1) {
		if rank, _ := t.find(ids[i], ids[i+1]); rank != noRank {
			h.queue = append(h.queue, uint64(rank)<<32|uint64(i))
		}
	}
	for i := len(h.queue)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
}

func compact(ids []int32) []int32 {
	n := 0
	for _, id := range ids {
		if id != dead {
			ids[n] = id
			n++
		}
	}
	return ids[:n]
}

func (h *mergeHeap) push(t *mergeTable, ids []int32, left, right int32) {
	rank, _ := t.find(ids[left], ids[right])
	if rank == noRank {
		return
	}
	h.queue = append(h.queue, uint64(rank)<<32|uint64(left))
	q := h.queue
	for i := len(q) - 1; i > 0; {
		up := (i - 1) / 2
		if q[up] <= q[i] {
			break
		}
		q[up], q[i] = q[i], q[up]
		i = up
	}
}

func (h *mergeHeap) pop() uint64 {
	top, last := h.queue[0], len(h.queue)-1
	h.queue[0] = h.queue[last]
	h.queue = h.queue[:last]
	h.down(0)
	return top
}

func (h *mergeHeap) down(i int) {
	q := h.queue
	for {
		child := 2*i + 1
		if child >= len(q) {
			return
		}
		if child+1 < len(q) && q[child+1] < q[child] {
			child++
		}
		if q[i] <= q[child] {
			return
		}
		q[i], q[child] = q[child], q[i]
		i = child
	}
}
