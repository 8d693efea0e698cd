package kvcache

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Policies of what is kept of a sequence's positions.
const (
	PolicyFull   = "full"   // all
	PolicyWindow = "window" // the last ones
	PolicySinks  = "sinks"  // the first few and the last ones (StreamingLLM, Xiao et al. 2024)
	PolicyH2O    = "h2o"    // those that were attended to most, and the last ones (Zhang et al. 2023)
	PolicySnapKV = "snapkv" // of the prompt, those that its last rows attend to most (Li et al. 2024)
)

// Policies are all of them.
var Policies = []string{PolicyFull, PolicyWindow, PolicySinks, PolicyH2O, PolicySnapKV}

// Bound says which positions of a sequence are kept. Every decision is a function of the
// sequence alone, at positions that do not depend on how it is cut into steps, so that a
// bounded sequence is the same however it is scheduled.
//
// With window and sinks the row at position p sees [0, Sinks) and its last Budget - Sinks
// positions, its own among them. Rotary embeddings stay those of absolute positions, where
// StreamingLLM numbers the kept ones anew.
//
// With h2o and snapkv whole blocks are kept or given up, for all layers and heads alike,
// where the papers choose for each head: one block table serves all. The prompt is computed
// with everything before it. At its end, and with h2o whenever another block is full, the
// blocks with the least attention observed are given up until Budget is kept.
type Bound struct {
	Policy  string // one of Policies; "" is full
	Budget  int    // positions that are kept; of h2o and snapkv a multiple of the block size
	Sinks   int    // first positions that always are
	Recent  int    // last positions that always are; of h2o and snapkv
	Observe int    // last rows of the prompt whose attention is observed, 0 for all; of h2o and snapkv
}

// ReadGroup is how many positions are read at once, from a multiple of it on: what a
// window begins with is read from there.
const ReadGroup = 32

// partSize is what a block must divide for its attention to be summed.
const partSize = 256

// Masks reports whether every row has positions of its own to see.
func (b Bound) Masks() bool { return b.Policy == PolicyWindow || b.Policy == PolicySinks }

// Chooses reports whether blocks are given up for what was observed.
func (b Bound) Chooses() bool { return b.Policy == PolicyH2O || b.Policy == PolicySnapKV }

// Mask is what a row sees with window and sinks: the first positions and so many last
// ones. A window of 0 is everything.
func (b Bound) Mask() (sinks, window int) {
	switch b.Policy {
	case PolicyWindow:
		return 0, b.Budget
	case PolicySinks:
		return b.Sinks, b.Budget - b.Sinks
	}
	return 0, 0
}

// Check says which setting is out of range, what was found and what would be accepted;
// key is "" where none is. Settings that the policy does not use are not looked at.
func (b Bound) Check(blockSize int) (key, found, expected string) {
	up := func(n int) int { return (n + blockSize - 1) / max(1, blockSize) * blockSize }
	sinks, recent := up(b.Sinks), up(b.Recent)+blockSize // recent positions begin anywhere in a block
	switch {
	case b.Policy != "" && !slices.Contains(Policies, b.Policy):
		return "kv_policy", strconv.Quote(b.Policy), "one of full, window, sinks, h2o, snapkv"
	case b.Masks() && b.Budget <= b.sinks():
		return "kv_budget", strconv.Itoa(b.Budget), fmt.Sprintf("more than the %d positions that are kept at the start (kv_sinks)", b.sinks())
	case !b.Chooses():
		return "", "", ""
	case blockSize < 1 || partSize%blockSize != 0:
		return "block_size", strconv.Itoa(blockSize), fmt.Sprintf("a divisor of %d with kv_policy %s: attention is summed by block", partSize, b.Policy)
	case b.Budget%blockSize != 0:
		return "kv_budget", strconv.Itoa(b.Budget), fmt.Sprintf("a multiple of block_size (%d) with kv_policy %s: whole blocks are kept", blockSize, b.Policy)
	case b.Recent < 1:
		return "kv_recent", strconv.Itoa(b.Recent), "at least 1: a position sees itself"
	case b.Budget <= sinks+recent:
		return "kv_budget", strconv.Itoa(b.Budget), fmt.Sprintf("more than %d: kv_sinks and kv_recent alone keep blocks of that many positions", sinks+recent)
	}
	return "", "", ""
}

func (b Bound) sinks() int {
	n, _ := b.Mask()
	return n
}

// Applies reports whether a sequence of this prompt, of which at most length positions are
// computed, ever gives something up.
func (b Bound) Applies(prompt, length int) bool {
	switch {
	case b.Policy == PolicySnapKV:
		return prompt > b.Budget
	case b.Masks() || b.Chooses():
		return length > b.Budget
	}
	return false
}

// Dead is the range of positions that no row reads from position computed on, nor the one
// before it, by which a draft model may be late. Only with window and sinks is there one.
func (b Bound) Dead(computed int) (from, to int) {
	sinks, window := b.Mask()
	if window == 0 {
		return 0, 0
	}
	return sinks, max(sinks, (computed-window)/ReadGroup*ReadGroup)
}

// Need is the most blocks that a sequence holds at once, with window and sinks, of which
// length positions are computed in steps of rows.
func (b Bound) Need(length, rows, blockSize int) int {
	blocks := func(n int) int { return (n + blockSize - 1) / blockSize }
	sinks, window := b.Mask()
	if window == 0 {
		return blocks(length)
	}
	return min(blocks(length), blocks(sinks)+blocks(window+ReadGroup+rows)+1)
}

// Reusable is how many first positions a sequence that gives something up can take from
// others that began alike, or leave to them: blocks that it never gives up, and whose
// rows nobody has to observe.
func (b Bound) Reusable(prompt, blockSize int) int {
	n := b.sinks()
	if b.Chooses() {
		n = min(b.Sinks, b.observedFrom(prompt))
	}
	return n / blockSize * blockSize
}

func (b Bound) observedFrom(prompt int) int {
	if b.Observe == 0 {
		return 0
	}
	return max(0, prompt-b.Observe)
}

// Observed is the range of [from, to), rows of a sequence, whose attention counts: the last
// ones of the prompt, and with h2o those behind it.
func (b Bound) Observed(from, to, prompt int) (int, int) {
	switch {
	case !b.Chooses():
		return to, to
	case b.Policy == PolicySnapKV:
		to = min(to, prompt)
	}
	from = max(from, b.observedFrom(prompt))
	return min(from, to), to
}

// Choice is the first position above computed at which blocks are given up: all rows below
// it are computed with what was kept before.
func (b Bound) Choice(computed, prompt, blockSize int) int {
	switch {
	case b.Chooses() && computed < prompt:
		return prompt
	case b.Policy == PolicyH2O:
		return (computed/blockSize + 1) * blockSize
	}
	return math.MaxInt
}

// Chosen appends to dst the blocks to be given up, ascending, of a sequence that holds
// positions, whose attention is mass by block. Of equal ones the first goes.
func (b Bound) Chosen(dst []int, mass []uint64, positions, blockSize int) []int {
	held := (positions + blockSize - 1) / blockSize
	low, high := (b.Sinks+blockSize-1)/blockSize, (positions-b.Recent)/blockSize
	first := len(dst)
	for range held - b.Budget/blockSize {
		least := -1
		for i := low; i < high; i++ {
			if (least < 0 || mass[i] < mass[least]) && !slices.Contains(dst[first:], i) {
				least = i
			}
		}
		if least < 0 {
			break
		}
		dst = append(dst, least)
	}
	slices.Sort(dst[first:])
	return dst
}

// String says in words what is kept, as a sweep or a table names it.
func (b Bound) String() string {
	switch sinks, window := b.Mask(); {
	case b.Masks() && sinks > 0:
		return fmt.Sprintf("first %d and last %d positions", sinks, window)
	case b.Masks():
		return fmt.Sprintf("last %d positions", window)
	case b.Chooses():
		rows := "all rows"
		if b.Observe > 0 {
			rows = fmt.Sprintf("%d rows", b.Observe)
		}
		return fmt.Sprintf("%s %d (first %d, last %d, %s observed)", b.Policy, b.Budget, b.Sinks, b.Recent, rows)
	}
	return "all positions"
}
