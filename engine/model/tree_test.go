package model_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
)

// drafted is a tree of tokens behind a sequence.
type drafted struct{ parents, tokens []int32 }

// randomDrafts are so many tokens, in the order of their depth.
func randomDrafts(r *rand.Rand, n, vocab int) (d drafted) {
	depths, first := []int32{}, int32(-1) // the first node that more may hang on
	depth := func(node int32) int32 {
		if node < 0 {
			return 0
		}
		return depths[node]
	}
	for i := range int32(n) {
		if r.IntN(3) == 0 && i > 0 {
			first = min(i-1, first+1+int32(r.IntN(2)))
		}
		d.parents, d.tokens = append(d.parents, first), append(d.tokens, int32(r.IntN(vocab)))
		depths = append(depths, depth(first)+1)
		for i > 0 && depths[i] < depths[i-1] { // cannot come any more
			first++
			d.parents[i], depths[i] = first, depth(first)+1
		}
	}
	return d
}

// way is the nodes that node i hangs on, and itself, the first one first.
func (d *drafted) way(i int32) (nodes []int32) {
	for ; i >= 0; i = d.parents[i] {
		nodes = append(nodes, i)
	}
	slices.Reverse(nodes)
	return nodes
}

func (d *drafted) text(i int32) (tokens []int32) {
	for _, node := range d.way(i) {
		tokens = append(tokens, d.tokens[node])
	}
	return tokens
}

// treeSetup is a model, how its keys and values are kept, and what is before the tree.
type treeSetup struct {
	m             *model.Model
	format        string
	blockSize     int
	threads       int
	sinks, window int
	ids           []int32
}

func (x *treeSetup) state(t *testing.T, room int) (*model.State, *model.Cache, []int32) {
	t.Helper()
	n := (room + x.blockSize - 1) / x.blockSize
	cache, err := model.NewCache(x.m, x.format, 2*n, x.blockSize)
	if err != nil {
		t.Fatal(err)
	}
	cache.Sinks, cache.Window, cache.Longest = x.sinks, x.window, room
	pool := par.New(x.threads)
	t.Cleanup(pool.Close)
	table := make([]int32, n)
	for i := range table { // scattered
		table[i] = int32(2*(n-1-i) + 1)
	}
	return model.NewState(x.m, cache, pool), cache, table
}

// compute runs tokens from a position on, and returns the last one's logits.
func compute(s *model.State, p *model.Pass, table []int32, first int, tokens ...int32) []float32 {
	p.Reset()
	p.Add(first, table, tokens...)
	p.Logits = append(p.Logits, int32(len(tokens)-1))
	s.Forward(p)
	return slices.Clone(p.Row(0))
}

// check compares all nodes of trees with their ways alone, bit for bit; then has a way stand, and goes on
// with another tree.
func (x *treeSetup) check(t *testing.T, r *rand.Rand) {
	t.Helper()
	const rounds, nodes = 3, 17
	room := len(x.ids) + rounds*(nodes+1) + nodes
	s, cache, table := x.state(t, room)
	line, _, lineTable := x.state(t, room)
	var p, q model.Pass
	last := len(x.ids) - 1
	compute(s, &p, table, 0, x.ids[:last]...)
	compute(line, &q, lineTable, 0, x.ids...)
	pending := x.ids[last]
	for round := range rounds {
		d := randomDrafts(r, nodes-round, x.m.Vocab)
		p.Reset()
		p.Add(0, []int32{0}, 3, 4) // somebody else
		p.Add(last, table, pending)
		p.Branch(d.parents, d.tokens...)
		p.Add(0, []int32{2}, 5)
		for i := range int32(1 + len(d.tokens)) {
			p.Logits = append(p.Logits, 2+i)
		}
		s.Forward(&p)
		if want := compute(line, &q, lineTable, last, pending); !slices.Equal(p.Row(0), want) {
			t.Fatalf("round %d: the root's logits differ", round)
		}
		for i := range int32(len(d.tokens)) {
			if want := compute(line, &q, lineTable, last+1, d.text(i)...); !slices.Equal(p.Row(int(i)+1), want) {
				t.Fatalf("round %d: logits of node %d of %v differ from those of its way", round, i, d.parents)
			}
		}
		stands := d.way(int32(r.IntN(len(d.tokens))))
		for i, node := range stands {
			cache.Move(table, last+1+i, last+1+int(node))
		}
		text := d.text(stands[len(stands)-1])
		compute(line, &q, lineTable, last+1, text...)
		last, pending = last+1+len(text), int32(r.IntN(x.m.Vocab))
	}
}

// A node of a tree has the logits of a sequence that ends with its way, whatever the family and the
// format; and what is moved to its place is what was computed there.
func TestTreesAreTheirWays(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	sets := kernel.Sets(cpu.Detect())
	for _, name := range families {
		m := openFamily(t, name, sets[len(sets)-1])
		ids := readAnswers(t, name).Cases[2].IDs
		for _, format := range append(slices.Clone(model.CacheFormats), "q8_0/q4_0", "q4_0+hadamard", "bf16+hadamard") {
			if _, err := model.CacheBytesPerToken(m.Config, format); err != nil {
				continue // heads of 16 columns
			}
			t.Run(fmt.Sprint(name, "/", format), func(t *testing.T) {
				for _, blockSize := range []int{16, 3} {
					(&treeSetup{m: m, format: format, blockSize: blockSize, threads: 1 + r.IntN(2), ids: ids}).check(t, r)
				}
			})
		}
	}
}

// The same where a tree lies across parts of a context, and where rows see only the first and last positions.
func TestLongTreesAreTheirWays(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 2))
	sets := kernel.Sets(cpu.Detect())
	for _, set := range slices.Compact([]*kernel.Set{sets[0], sets[len(sets)-1]}) {
		m := open(t, "gopherling-2m", set)
		for _, x := range []treeSetup{
			{format: "bf16", blockSize: 16, threads: 2}, {format: "q8_0", blockSize: 32, threads: 1}, {format: "f32", blockSize: 8, threads: 2, window: 40},
			{format: "q4_0", blockSize: 16, threads: 1, sinks: 4, window: 60}, {format: "f16", blockSize: 4, threads: 2, sinks: 20, window: 230},
			{format: "bf16", blockSize: 16, threads: 1, sinks: 1, window: 3},
		} {
			for _, length := range []int{250, 256, 243} {
				if set == sets[0] && length != 250 || x.window == 230 && length == 256 {
					continue
				}
				t.Run(fmt.Sprint(set.Name, x, length), func(t *testing.T) {
					x.m, x.ids = m, boundedTokens(length, m.Vocab)
					x.check(t, r)
				})
			}
		}
	}
}

// A tree that is a line is one.
func TestBranchesAreExtensions(t *testing.T) {
	var line, tree model.Pass
	line.Add(5, []int32{1, 2}, 7)
	line.Extend(8, 9, 10)
	tree.Add(5, []int32{1, 2}, 7)
	tree.Branch([]int32{-1, 0, 1}, 8, 9, 10)
	if !slices.Equal(line.Positions, tree.Positions) || !slices.Equal(line.Tokens, tree.Tokens) || line.Last().To != tree.Last().To {
		t.Errorf("%+v, want %+v", tree, line)
	}
}

func TestBadBranchesPanic(t *testing.T) {
	for what, bad := range map[string]func(p *model.Pass){
		"hangs on itself":      func(p *model.Pass) { p.Branch([]int32{0}, 1) },
		"hangs on nothing":     func(p *model.Pass) { p.Branch([]int32{-2}, 1) },
		"not in depth's order": func(p *model.Pass) { p.Branch([]int32{-1, 0, -1}, 1, 2, 3) },
		"no parent":            func(p *model.Pass) { p.Branch([]int32{-1}, 1, 2) },
		"two trees":            func(p *model.Pass) { p.Branch([]int32{-1}, 1); p.Branch([]int32{-1}, 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			var p model.Pass
			p.Add(3, []int32{1}, 2)
			bad(&p)
		}()
	}
}

func TestTreesAllocateNothing(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	for _, threads := range []int{1, 2} {
		x := treeSetup{m: open(t, "gopherling-2m", sets[len(sets)-1]), format: "bf16", blockSize: 16, threads: threads}
		s, cache, table := x.state(t, 320)
		d := randomDrafts(rand.New(rand.NewPCG(5, 3)), 20, x.m.Vocab)
		var p model.Pass
		compute(s, &p, table, 0, boundedTokens(250, x.m.Vocab)...)
		step := func() {
			p.Reset()
			p.Add(250, table, 7)
			p.Branch(d.parents, d.tokens...)
			p.Logits = append(p.Logits, 0, 5, 20)
			s.Forward(&p)
			cache.Move(table, 251, 255)
		}
		step()
		if n := testing.AllocsPerRun(10, step); n != 0 {
			t.Errorf("%d threads: a pass allocates %v times", threads, n)
		}
	}
}

// BenchmarkTrees computes drafts as a line and as a tree, which is what reading each node's way for itself costs.
func BenchmarkTrees(b *testing.B) {
	sets := kernel.Sets(cpu.Detect())
	m := open(b, "gopherling-7m", sets[len(sets)-1])
	const length = 300
	for _, nodes := range []int{4, 16} {
		d := randomDrafts(rand.New(rand.NewPCG(5, 4)), nodes, m.Vocab)
		for name, add := range map[string]func(*model.Pass){
			"line": func(p *model.Pass) { p.Extend(d.tokens...) }, "tree": func(p *model.Pass) { p.Branch(d.parents, d.tokens...) },
		} {
			b.Run(fmt.Sprint(nodes, "/", name), func(b *testing.B) {
				s := newState(b, m, "bf16", 512, 1)
				var p model.Pass
				p.Add(0, blocks(32), boundedTokens(length, m.Vocab)...)
				s.Forward(&p)
				for b.Loop() {
					p.Reset()
					p.Add(length, blocks(32), 7)
					add(&p)
					s.Forward(&p)
				}
			})
		}
	}
}
