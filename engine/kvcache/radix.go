package kvcache

import (
	"cmp"
	"slices"
)

// radix is a tree of tokens, as RadixAttention has it (Zheng et al. 2024, SGLang): whoever
// walks down reads a prefix. A node is a block, since blocks are what is held, shared and
// evicted; runs of them are not joined into one edge, which would save no memory here, as the
// links lie in the blocks.
//
// The followers of a block are a search tree of their own, by salt and tokens, balanced as a
// treap (Seidel and Aragon 1996) whose priorities are mixed from the block ids. So a step down
// takes time logarithmic in the followers, and the follower with most of a content in common
// is met on the way to where that content would be.
type radix struct {
	*contents
	first BlockID // root of the tree of first blocks
}

// root is that of parent's followers.
func (x *radix) root(parent BlockID) *BlockID {
	if parent == none {
		return &x.first
	}
	return &x.blocks[parent].child
}

func (x *radix) find(parent BlockID, salt uint64, content []int32) BlockID {
	for at := *x.root(parent); at != none; {
		order := x.compare(at, salt, content)
		if order == 0 {
			return at
		}
		at = x.side(at, order)
	}
	return none
}

// longest looks for content. In the order of tokens, what begins with most of it is next to
// where it belongs, before or behind, and both neighbours are on the path there.
func (x *radix) longest(parent BlockID, salt uint64, content []int32) (best BlockID, n int) {
	best = none
	for at := *x.root(parent); at != none; {
		if x.blocks[at].salt == salt {
			if k := common(x.of(at), content); k > n {
				best, n = at, k
			}
		}
		order := x.compare(at, salt, content)
		if order == 0 {
			break
		}
		at = x.side(at, order)
	}
	return best, n
}

// compare orders block at against a salt and tokens.
func (x *radix) compare(at BlockID, salt uint64, content []int32) int {
	if c := cmp.Compare(x.blocks[at].salt, salt); c != 0 {
		return c
	}
	return slices.Compare(x.of(at), content)
}

// side is where to look on from at, which compares so.
func (x *radix) side(at BlockID, order int) BlockID {
	if order > 0 {
		return x.blocks[at].left
	}
	return x.blocks[at].right
}

func (x *radix) insert(id BlockID) {
	b := &x.blocks[id]
	b.child, b.left, b.right = none, none, none
	root := x.root(b.parent)
	*root = x.insertAt(*root, id)
}

func (x *radix) insertAt(at, id BlockID) BlockID {
	if at == none {
		return id
	}
	b := &x.blocks[at]
	if x.compare(at, x.blocks[id].salt, x.of(id)) > 0 {
		b.left = x.insertAt(b.left, id)
		if top := b.left; priority(top) > priority(at) {
			b.left, x.blocks[top].right = x.blocks[top].right, at
			return top
		}
		return at
	}
	b.right = x.insertAt(b.right, id)
	if top := b.right; priority(top) > priority(at) {
		b.right, x.blocks[top].left = x.blocks[top].left, at
		return top
	}
	return at
}

func (x *radix) remove(id BlockID) {
	b := &x.blocks[id]
	at := x.root(b.parent)
	for *at != id {
		if x.compare(*at, b.salt, x.of(id)) > 0 {
			at = &x.blocks[*at].left
		} else {
			at = &x.blocks[*at].right
		}
	}
	*at = x.merge(b.left, b.right)
}

// merge joins two trees, all of a before all of b.
func (x *radix) merge(a, b BlockID) BlockID {
	switch {
	case a == none:
		return b
	case b == none:
		return a
	case priority(a) > priority(b):
		x.blocks[a].right = x.merge(x.blocks[a].right, b)
		return a
	}
	x.blocks[b].left = x.merge(a, x.blocks[b].left)
	return b
}

func priority(id BlockID) uint64 { return mix(uint64(id)) }
