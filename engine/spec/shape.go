package spec

// shape grows trees: of all nodes that could be added the one that is likeliest to stand, again and
// again. So of any number of nodes it is, by what is known, the best tree of so many.
type shape struct {
	root  int32 // the token that all hangs on
	rates [mostSuccessors]float64
	nodes []treeNode
	open  []treeNode // that could be next: a first child and a next sibling of each node
	place []int32    // of each node among the drafts
}

// treeNode is the successor of a rank of its parent.
type treeNode struct {
	parent, token int32
	depth, rank   int
	above         float64 // chance that its parent stands
	chance        float64 // and that it does
}

// leastChance is what a node must have: less is not worth a row in any batch.
const leastChance = .04

// grow has at most n nodes below a token.
func (x *shape) grow(s *successors, root int32, n int) {
	x.root, x.rates, x.nodes, x.open = root, s.ranks.rates(), x.nodes[:0], x.open[:0]
	x.offer(s, treeNode{parent: -1, depth: 1, above: 1})
	for len(x.nodes) < n && len(x.open) > 0 {
		node := x.likeliest()
		x.nodes = append(x.nodes, node)
		x.offer(s, treeNode{parent: node.parent, depth: node.depth, rank: node.rank + 1, above: node.above})
		x.offer(s, treeNode{parent: int32(len(x.nodes) - 1), depth: node.depth + 1, above: node.chance})
	}
}

// offer opens a node, if there is such a successor and it has a chance.
func (x *shape) offer(s *successors, node treeNode) {
	of := x.root
	if node.parent >= 0 {
		of = x.nodes[node.parent].token
	}
	if node.rank == mostSuccessors {
		return
	}
	node.token = s.row(of)[node.rank] - 1
	node.chance = node.above * x.rates[node.rank]
	if node.token >= 0 && node.chance >= leastChance {
		x.open = append(x.open, node)
	}
}

// likeliest takes the likeliest open node, of equal ones the first.
func (x *shape) likeliest() treeNode {
	best := 0
	for i := range x.open {
		if x.open[i].chance > x.open[best].chance {
			best = i
		}
	}
	node, last := x.open[best], len(x.open)-1
	x.open[best] = x.open[last]
	x.open = x.open[:last]
	return node
}

// byDepth appends the nodes to a draft in the order of their depth, as rows of a tree are.
func (x *shape) byDepth(draft, parents []int32) (tokens, hangOn []int32) {
	x.place = append(x.place[:0], make([]int32, len(x.nodes))...)
	for depth, n := 1, 0; n < len(x.nodes); depth++ {
		for i, node := range x.nodes {
			if node.depth != depth {
				continue
			}
			x.place[i] = int32(n)
			n++
			parent := node.parent
			if parent >= 0 {
				parent = x.place[parent]
			}
			draft, parents = append(draft, node.token), append(parents, parent)
		}
	}
	return draft, parents
}

// chances appends how likely the nodes of a tree of n are to stand, the likeliest first, where every
// token has all successors.
func (x *shape) chances(dst []float64, r *ranks, n int) []float64 {
	rates := r.rates()
	x.open = append(x.open[:0], treeNode{above: 1, chance: rates[0]})
	for range n {
		node := x.likeliest()
		dst = append(dst, node.chance)
		x.open = append(x.open, treeNode{above: node.chance, chance: node.chance * rates[0]})
		if rank := node.rank + 1; rank < mostSuccessors {
			x.open = append(x.open, treeNode{rank: rank, above: node.above, chance: node.above * rates[rank]})
		}
	}
	return dst
}
