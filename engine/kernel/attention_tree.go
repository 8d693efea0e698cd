package kernel

// Tree says where rows stand that are nodes of a tree of drafts, and what they see: all positions
// before the root, and of the nodes those on the way to their own. Node i has a slot of its
// own, that of position Root+i of the table, whatever its depth; its position is Root+Depths[i], so
// that a row computes, bit for bit, what it would at the end of its way alone.
//
// Scores and sums are chains over positions in order, so it only matters which slot a position is
// read from: what is before the root is read for all rows at once, and the ways row by row. The rows
// are no prompt's, and keys have no scales per channel.
type Tree struct {
	Root    int     // position of node 0, the root
	Parents []int32 // (nodes), each before its node; that of the root is not looked at
	Depths  []int32 // (nodes), of the parent and one more; they never fall from a node to the next
	First   int     // the node that the first rows are of
}

// at is the position of a node.
func (t *Tree) at(node int) int { return t.Root + int(t.Depths[node]) }

// treeRows is rows of nodes, whose positions do not fall.
func (a *Attention) treeRows(base int) (from, to int) {
	for from < a.Rows && a.end(from) <= base {
		from += a.Heads
	}
	to = a.Rows
	for a.Window != 0 && to > from && a.begin(to-1) >= base+Part {
		to -= a.Heads
	}
	return from, to
}

// way is a node and those above it, the root left out, the last one first.
func (t *Tree) way(to []int32, node int) []int32 {
	for ; node > 0; node = int(t.Parents[node]) {
		to = append(to, int32(node))
	}
	return to
}

// scorePaths fills in the scores of positions behind the root: those of all rows with all nodes'
// keys, of which each row takes its way's.
func (p *part) scorePaths(s *Set, w *Worker) {
	if p.common >= p.end {
		return
	}
	t := &p.Tree
	last := t.First + (p.to-1)/p.Heads // nothing behind it is on anybody's way
	for node := 1; node <= last; {
		slot, count := p.run(t.Root+node, t.Root+last+1)
		skip := slot % Group
		n := (skip + count + Group - 1) / Group
		aside := p.scoreAside(s, w, slot/Group, n)
		for r := p.from; r < p.to; r++ {
			p.take(r, aside[(r-p.from)*n*Group+skip:][:count], node)
		}
		node += count
	}
}

// take copies from the scores of nodes, from first on, those on row r's way.
func (p *part) take(r int, scores []float32, first int) {
	t, to := &p.Tree, p.row(r)
	for node := t.First + r/p.Heads; node >= max(1, first); node = int(t.Parents[node]) {
		if at := t.at(node) - p.base; node < first+len(scores) && at >= 0 && at < Part {
			to[at] = scores[node-first]
		}
	}
}

// sumPaths adds the weighted values of positions behind the root, node by node.
func (p *part) sumPaths(s *Set, w *Worker) {
	if p.common >= p.end {
		return
	}
	t := &p.Tree
	for r := p.from; r < p.to; r += p.Heads {
		w.way = t.way(w.way[:0], t.First+r/p.Heads)
		for i := len(w.way) - 1; i >= 0; {
			node, n := int(w.way[i]), 1
			for i-n >= 0 && int(w.way[i-n]) == node+n {
				n++
			}
			p.sumNodes(s, w, r, node, n)
			i -= n
		}
	}
}

// sumNodes adds the values of n nodes, each the parent of the next, from node on, to the rows of one
// node from r on.
func (p *part) sumNodes(s *Set, w *Worker, r, node, n int) {
	for first := node; n > 0; {
		slot, count := p.run(p.Tree.Root+first, p.Tree.Root+first+n)
		at := p.Tree.at(first) - p.base
		skip := max(0, max(p.low, p.common)-at) // in the part before, or not seen
		if c := min(count, Part-at) - skip; c > 0 {
			p.sumRows(s, w, run{slot + skip, at + skip, c}, r, r+p.Heads)
		}
		first, n = first+count, n-count
	}
}
