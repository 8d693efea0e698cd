package sample

import (
	"cmp"
	"math"
	"slices"
)

// ranked is a token with what it is ranked by: its logit or its weight.
type ranked struct {
	key float64
	id  int32
}

// before is the order of ranks: by descending key, equal keys by ascending id.
func (a ranked) before(b ranked) bool { return a.key > b.key || a.key == b.key && a.id < b.id }

func byRank(a, b ranked) int {
	return cmp.Or(cmp.Compare(b.key, a.key), cmp.Compare(a.id, b.id))
}

func byID(a, b ranked) int { return cmp.Compare(a.id, b.id) }

// heapLimit is the largest k that a heap finds the largest of: it moves little while few
// logits exceed its smallest, and needs memory for k alone.
const heapLimit = 1024

// largest returns the k tokens of the largest logits, in any order; fewer where the others
// are NaN or minus infinity. It appends to dst[:0].
func largest(dst []ranked, logits []float32, k int) []ranked {
	if k > heapLimit {
		return manyLargest(dst, logits, k)
	}
	h, least := dst[:0], float32(math.Inf(-1))
	for i, l := range logits {
		if !(l > least) { // nearly always; an equal one comes too late
			continue
		}
		if len(h) < k {
			h = append(h, ranked{float64(l), int32(i)})
			if len(h) < k {
				continue
			}
			for j := k/2 - 1; j >= 0; j-- {
				sink(h, j)
			}
		} else {
			h[0] = ranked{float64(l), int32(i)}
			sink(h, 0)
		}
		least = float32(h[0].key)
	}
	return h
}

// sink moves the element at i of a heap, the last rank at the top, to its place.
func sink(h []ranked, i int) {
	x := h[i]
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if right := child + 1; right < len(h) && h[child].before(h[right]) {
			child = right
		}
		if !x.before(h[child]) {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = x
}

func manyLargest(dst []ranked, logits []float32, k int) []ranked {
	all := dst[:0]
	for i, l := range logits {
		if l > float32(math.Inf(-1)) {
			all = append(all, ranked{float64(l), int32(i)})
		}
	}
	return all[:cut(all, float64(k), false)]
}

// cut puts the first ranks at the front, the last of them last: as few as are enough, or
// all. It returns how many. What counts is the sum of their keys, or their number. It is
// quickselect (Hoare 1961).
func cut(x []ranked, enough float64, keys bool) int {
	from, to, above := 0, len(x), 0.0
	for to-from > 12 {
		end, sum := partition(x, from, to, keys)
		if above+sum >= enough {
			to = end
		} else {
			above += sum
			from = end
		}
	}
	slices.SortFunc(x[from:to], byRank)
	for ; from < to && above < enough; from++ {
		above += x[from].counts(keys)
	}
	return from
}

func (a ranked) counts(keys bool) float64 {
	if keys {
		return a.key
	}
	return 1
}

// partition puts some first ranks of x[from:to] in front of the others, neither being
// empty, and returns where the others start and what those in front count.
func partition(x []ranked, from, to int, keys bool) (end int, sum float64) {
	pivot := median(x[from], x[from+(to-from)/2], x[to-1])
	end = from
	for i := from; i < to; i++ {
		v := x[i]
		if !pivot.before(v) { // the pivot is in front
			sum += v.counts(keys)
			x[i], x[end] = x[end], v
			end++
		}
	}
	if end < to {
		return end, sum
	}
	at := from + slices.Index(x[from:to], pivot) // the last rank of all: behind alone
	x[at], x[to-1] = x[to-1], x[at]
	return to - 1, sum - pivot.counts(keys)
}

func median(a, b, c ranked) ranked {
	if b.before(a) {
		a, b = b, a
	}
	if c.before(b) {
		b = c
	}
	if b.before(a) {
		b = a
	}
	return b
}
