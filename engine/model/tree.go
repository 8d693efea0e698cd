package model

import (
	"fmt"

	"github.com/assaylab/assay/engine/kernel"
)

// Branch appends to the last span a tree of rows that may follow it: token i hangs on token parents[i], an
// earlier one, or with -1 on the span's last row before. A row stands behind its parent, and sees the
// sequence and what it hangs on, nothing else: its logits are, bit for bit, what they are when
// that alone is computed (tree attention: Miao et al. 2024, "SpecInfer", Cai et al. 2024, "Medusa").
//
// Token i's keys and values are stored where the i-th position behind the span has its own, so that there is room
// for all. Those that stand are then to be moved to their places (Cache.Move). Tokens come in
// the order of their depth; another one is a programming error and panics, as is a tree of a prompt.
// Keys must not have scales per channel, which several positions share.
func (p *Pass) Branch(parents []int32, tokens ...int32) {
	span, root := p.Last(), len(p.Tokens)-1
	if span.nodes > 0 || root < p.Prompt || len(parents) != len(tokens) {
		panic(fmt.Sprintf("model: a tree of %d tokens with %d parents, behind row %d of %d of prompts", len(tokens), len(parents), root, p.Prompt))
	}
	span.tree, span.nodes = len(p.parents), 1+len(tokens)
	p.parents, p.depths = append(p.parents, -1), append(p.depths, 0)
	for i, t := range tokens {
		parent := parents[i] + 1
		if parent < 0 || int(parent) > i {
			panic(fmt.Sprintf("model: token %d of a tree hangs on %d", i, parents[i]))
		}
		depth := p.depths[span.tree+int(parent)] + 1
		if depth < p.depths[len(p.depths)-1] {
			panic(fmt.Sprintf("model: token %d of a tree at depth %d behind one at %d", i, depth, p.depths[len(p.depths)-1]))
		}
		p.parents, p.depths = append(p.parents, parent), append(p.depths, depth)
		p.Tokens, p.Positions = append(p.Tokens, t), append(p.Positions, p.Positions[root]+depth)
	}
	span.To = len(p.Tokens)
}

// root is the row that a span's tree hangs on, which is a node too; To where there is none.
func (x *Span) root() int { return x.To - x.nodes }

// ends is the end of the rows that are as row is: of a line, or of a tree.
func (x *Span) ends(row int) int {
	if row < x.root() {
		return x.root()
	}
	return x.To
}

// stored is the position whose place has a row's keys and values.
func (p *Pass) stored(x *Span, row int) int {
	if root := x.root(); row > root {
		return int(p.Positions[root]) + row - root
	}
	return int(p.Positions[row])
}

// branch is the tree of a chunk's rows; of a line's rows it has no nodes.
func (p *Pass) branch(c chunk) kernel.Tree {
	x := &p.Spans[c.span]
	root := x.root()
	if c.from < root || x.nodes == 0 {
		return kernel.Tree{}
	}
	from, to := x.tree, x.tree+x.nodes
	return kernel.Tree{Root: int(p.Positions[root]) - x.Dropped, Parents: p.parents[from:to], Depths: p.depths[from:to], First: c.from - root}
}

// before is the end of the chunk's rows that are before a position.
func (s *State) before(c chunk, position int) int {
	for c.to-1 > c.from && int(s.pass.Positions[c.to-1]) >= position {
		c.to--
	}
	return c.to
}
