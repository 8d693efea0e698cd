package kvcache

import (
	"fmt"
	"slices"
)

// naive is the pool's definition, written for clarity: chains are strings, recency is a
// counter, every question is answered by a search.
type naive struct {
	Config
	clock, floor int
	index        map[string]*entry
	tables       []*naiveTable
	pinned       int
	store        map[string]bool // chains that were evicted
}

// entry is one sealed content.
type entry struct {
	parent                       string // chain before it
	salt                         uint64
	tokens                       []int32 // of the block
	depth                        int     // positions before it
	holders, stamp, weight, uses int
	pinned, public               bool
}

type naiveTable struct {
	salt    uint64
	sealed  []string // chains; with reuse all are in the index
	private int      // blocks that only this table has
	host    int      // blocks outside
	swapped int      // positions in them
}

// find returns the chain that follows parent with this content, of what salt may see: what
// is pinned for everybody, as long as all before it is, else its own.
func (n *naive) find(parent string, salt uint64, content []int32) (string, *entry) {
	public := fmt.Sprintf("%s/0%v", parent, content)
	if e := n.index[public]; e != nil && e.public {
		return public, e
	}
	chain := fmt.Sprintf("%s/%d%v", parent, salt, content)
	return chain, n.index[chain]
}

// next is find for the block that follows those that t has sealed.
func (n *naive) next(t *naiveTable, tokens []int32) (string, *entry) {
	i := len(t.sealed)
	return n.find(t.last(), t.salt, tokens[i*n.BlockSize:(i+1)*n.BlockSize])
}

func (t *naiveTable) last() string {
	if len(t.sealed) == 0 {
		return ""
	}
	return t.sealed[len(t.sealed)-1]
}

func (n *naive) match(t *naiveTable, tokens []int32, salt uint64) int {
	t.salt = salt
	for n.reuses() && (len(t.sealed)+1)*n.BlockSize < len(tokens) {
		chain, e := n.next(t, tokens)
		if e == nil {
			break
		}
		e.holders++
		e.uses++
		t.sealed = append(t.sealed, chain)
	}
	return len(t.sealed) * n.BlockSize
}

// partial is the length of the longest beginning of what follows t's sealed blocks in tokens
// that any entry has there, all alike before it, and the entries that have it.
func (n *naive) partial(t *naiveTable, tokens []int32) (most int, best []*entry) {
	at := len(t.sealed) * n.BlockSize
	if n.Index != IndexRadix || at >= len(tokens) {
		return 0, nil
	}
	for _, e := range n.index {
		if e.parent != t.last() || e.salt != t.salt {
			continue
		}
		k := common(e.tokens, tokens[at:len(tokens)-1])
		if n.CopyUnit > 0 {
			k = max(0, (at+k)/n.CopyUnit*n.CopyUnit-at)
		}
		if k > most {
			most, best = k, nil
		}
		if k == most && k > 0 {
			best = append(best, e)
		}
	}
	return most, best
}

func (n *naive) used(e *entry) {
	e.uses++
	if e.holders == 0 {
		n.age(e)
	}
}

func (n *naive) age(e *entry) {
	n.clock++
	e.stamp = n.clock
	switch n.Eviction {
	case EvictLFU:
		e.weight = e.uses
	case EvictCost:
		middle := e.depth + n.BlockSize/2
		e.weight = n.floor + e.uses*int(256*float64(n.Cost(middle))/float64(n.Cost(n.BlockSize/2)))
	}
}

func (n *naive) counts() counts {
	c := counts{total: n.Blocks}
	for _, e := range n.index {
		if e.holders > 0 {
			c.held++
		} else {
			c.cached++
		}
	}
	for _, t := range n.tables {
		c.held += t.private
		if !n.reuses() {
			c.held += len(t.sealed)
		}
	}
	c.free = n.Blocks - c.cached - c.held
	return c
}

func (n *naive) grow(t *naiveTable, positions int) bool {
	missing := (positions+n.BlockSize-1)/n.BlockSize - len(t.sealed) - t.private
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
		if e.holders == 0 && !n.followed(chain) && (victim == "" || n.before(e, n.index[victim])) {
			victim = chain
		}
	}
	n.floor = max(n.floor, n.index[victim].weight)
	n.store[victim] = true
	delete(n.index, victim)
}

func (n *naive) before(a, b *entry) bool {
	return a.weight < b.weight || a.weight == b.weight && a.stamp < b.stamp
}

func (n *naive) followed(chain string) bool {
	for _, o := range n.index {
		if o.parent == chain {
			return true
		}
	}
	return false
}

func (n *naive) seal(t *naiveTable, tokens []int32) {
	for len(t.sealed) < len(tokens)/n.BlockSize {
		t.private--
		n.add(t, tokens)
	}
}

// add has t hold one sealed block more.
func (n *naive) add(t *naiveTable, tokens []int32) {
	parent, at := t.last(), len(t.sealed)*n.BlockSize
	chain, e := n.next(t, tokens)
	t.sealed = append(t.sealed, chain)
	if !n.reuses() {
		return
	}
	if e == nil {
		e = &entry{parent: parent, salt: t.salt, depth: at, tokens: slices.Clone(tokens[at : at+n.BlockSize])}
		n.index[chain] = e
	}
	e.holders++
	e.uses++
}

// restore takes what the store has into t's own blocks.
func (n *naive) restore(t *naiveTable, tokens []int32) int {
	for (len(t.sealed)+1)*n.BlockSize < len(tokens) {
		chain, e := n.next(t, tokens)
		if e != nil || !n.store[chain] {
			break
		}
		t.private--
		n.add(t, tokens)
	}
	return len(t.sealed) * n.BlockSize
}

func (n *naive) pin(tokens []int32, salt uint64, public bool) int {
	parent, at := "", 0
	for ; at+n.BlockSize <= len(tokens); at += n.BlockSize {
		chain, e := n.find(parent, salt, tokens[at:at+n.BlockSize])
		if e == nil {
			break
		}
		parent = chain
		if !e.pinned {
			e.pinned = true
			e.holders++
			n.pinned++
		}
		e.public = e.public || public
	}
	return at
}

func (n *naive) trim(t *naiveTable, positions int) {
	keep := (positions+n.BlockSize-1)/n.BlockSize - len(t.sealed)
	t.private = min(t.private, max(keep, 0))
}

func (n *naive) release(t *naiveTable) {
	for _, chain := range slices.Backward(t.sealed) {
		if e := n.index[chain]; e != nil {
			if e.holders--; e.holders == 0 {
				n.age(e)
			}
		}
	}
	*t = naiveTable{host: t.host, swapped: t.swapped}
}

func (n *naive) swapOut(t *naiveTable, positions int) bool {
	blocks, used := (positions+n.BlockSize-1)/n.BlockSize, 0
	for _, o := range n.tables {
		used += o.host
	}
	if blocks == 0 || blocks > n.HostBlocks-used {
		return false
	}
	t.host, t.swapped = blocks, positions
	return true
}

func (n *naive) swapIn(t *naiveTable, positions int) int {
	positions = max(positions, t.swapped)
	t.host, t.swapped = 0, 0
	return positions
}
