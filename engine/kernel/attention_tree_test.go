package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// treeCase is a context and a tree below its last position, with keys and values of both.
type treeCase struct {
	kv        *KV
	blocks    []int32
	blockSize int
	tree      Tree
	k, v      [][]float32 // by place in the table: the context, then the nodes behind the root
}

// randomTree has so many nodes, of which each hangs on one of the last few, in the order of depth.
func randomTree(r *rand.Rand, root, nodes int) (t Tree) {
	t = Tree{Root: root, Parents: []int32{-1}, Depths: []int32{0}}
	first := 0
	for i := 1; i < nodes; i++ {
		if parent := i - 1 - r.IntN(min(i, 4)); parent > first {
			first = parent
		}
		for t.Depths[first]+1 < t.Depths[i-1] {
			first++
		}
		t.Parents, t.Depths = append(t.Parents, int32(first)), append(t.Depths, t.Depths[first]+1)
	}
	return t
}

func newTreeCase(t *testing.T, r *rand.Rand, s *Set, f KVFormat, heads, dim, blockSize int, tree Tree) *treeCase {
	t.Helper()
	n := tree.Root + len(tree.Parents)
	c := &treeCase{blockSize: blockSize, tree: tree, blocks: spread(r, (n+blockSize-1)/blockSize)}
	var err error
	if c.kv, err = s.NewKV(f, heads, dim, len(c.blocks)*blockSize); err != nil {
		t.Fatal(err)
	}
	for range n {
		c.k, c.v = append(c.k, normals(r, heads*dim)), append(c.v, normals(r, heads*dim))
	}
	c.store(s, n, func(place int) int { return place })
	return c
}

// store writes n positions, each from its place.
func (c *treeCase) store(s *Set, n int, place func(int) int) {
	w := new(Worker)
	for p := range n {
		slot := int(c.blocks[p/c.blockSize])*c.blockSize + p%c.blockSize
		s.Store(w, c.kv, slot, c.k[place(p)], c.v[place(p)])
	}
}

func (c *treeCase) attention(head, heads, window, first, rows int, q []float32) *Attention {
	a := &Attention{KV: c.kv, Head: head, Blocks: c.blocks, BlockSize: c.blockSize, Heads: heads, Rows: rows * heads, Window: window,
		Q: q[first*heads*c.kv.dim:][:rows*heads*c.kv.dim], Tree: c.tree}
	a.Tree.First = first
	a.First = c.tree.at(first)
	return a
}

// alone is what a node's rows get at the end of a sequence that is its way.
func (c *treeCase) alone(s *Set, head, heads, window, node int, q []float32) *Partial {
	way := c.tree.way(nil, node)
	c.store(s, c.tree.at(node)+1, func(p int) int {
		if p <= c.tree.Root {
			return p
		}
		return c.tree.Root + int(way[len(way)-(p-c.tree.Root)])
	})
	a := c.attention(head, heads, window, node, 1, q)
	a.Tree = Tree{}
	out := new(Partial)
	s.Attend(new(Worker), a, out)
	return out
}

// A node's rows are, bit for bit, what they are at the end of their way alone, however many nodes are
// computed together and wherever parts, blocks and windows begin.
func TestTreesAreTheirWays(t *testing.T) {
	const head, heads, group, dim = 1, 2, 3, 64
	r := rand.New(rand.NewPCG(9, 8))
	for _, s := range Sets(cpu.Detect()) {
		for _, kind := range kvFormats {
			if kind.PerChannel {
				continue
			}
			for _, x := range []struct{ root, nodes, window, blockSize int }{
				{0, 7, 0, 16}, {20, 16, 0, 16}, {37, 12, 0, 8}, {254, 24, 0, 32}, {255, 9, 0, 16}, {256, 9, 40, 64},
				{300, 30, 3, 16}, {253, 20, 4, 1}, {500, 16, 260, 24}, {250, 20, 2, 48}, {40, 2, 0, 3},
			} {
				if (s == generic || testing.Short()) && x.root > 260 {
					continue
				}
				tree := randomTree(r, x.root, x.nodes)
				c := newTreeCase(t, r, s, kind, heads, dim, x.blockSize, tree)
				q := normals(r, x.nodes*group*dim)
				generic.Scale(new(Worker), q, 0.25)
				got := make([]*Partial, x.nodes) // of all nodes in pieces
				from := make([]int, x.nodes)
				for first := 0; first < x.nodes; {
					n := min(x.nodes-first, 1+r.IntN(x.nodes))
					part := inParts(s, c.attention(head, group, x.window, first, n, q))
					for i := range n {
						got[first+i], from[first+i] = part, i
					}
					first += n
				}
				for node := range tree.Parents {
					what := fmt.Sprintf("%s %v %+v, node %d of %v", s.Name, kind, x, node, tree.Parents)
					want := c.alone(s, head, group, x.window, node, q)
					rows := got[node]
					sameFloats(t, what, rows.Out[from[node]*group*dim:][:group*dim], want.Out)
					sameFloats(t, what, rows.Sum[from[node]*group:][:group], want.Sum)
					sameFloats(t, what, rows.Max[from[node]*group:][:group], want.Max)
				}
			}
		}
	}
}

// What is observed of a node's attention is what it would be of its way alone.
func TestTreesAreObservedAsTheirWays(t *testing.T) {
	const group, dim, blockSize, nodes = 3, 32, 16, 14
	r, w := rand.New(rand.NewPCG(9, 9)), new(Worker)
	for _, s := range Sets(cpu.Detect()) {
		c := newTreeCase(t, r, s, KVFormat{K: Q8_0, V: F32}, 1, dim, blockSize, randomTree(r, 250, nodes))
		q, blocks := normals(r, nodes*group*dim), len(c.blocks)
		got := make([]uint64, nodes*blocks)
		s.Observe(w, c.attention(0, group, 0, 0, nodes, q), got, blocks)
		for node := range nodes {
			c.alone(s, 0, group, 0, node, q) // stores the way
			a, want := c.attention(0, group, 0, node, 1, q), make([]uint64, blocks)
			a.Tree = Tree{}
			s.Observe(w, a, want, 0)
			for b := range want {
				if got[node*blocks+b] != want[b] {
					t.Fatalf("%s: node %d gives %d to block %d, alone %d", s.Name, node, got[node*blocks+b], b, want[b])
				}
			}
		}
	}
}

func TestTreesAllocateNothing(t *testing.T) {
	r, w, out := rand.New(rand.NewPCG(9, 10)), new(Worker), new(Partial)
	for _, s := range Sets(cpu.Detect()) {
		c := newTreeCase(t, r, s, KVFormat{K: BF16, V: Q8_0}, 1, 64, 16, randomTree(r, 250, 20))
		a := c.attention(0, 3, 0, 0, 20, normals(r, 60*64))
		s.Attend(w, a, out)
		if n := testing.AllocsPerRun(5, func() { s.Attend(w, a, out) }); n != 0 {
			t.Errorf("%s: %v allocations", s.Name, n)
		}
	}
}
