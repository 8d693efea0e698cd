package spec

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
)

// said is logits that are largest at these tokens, in this order.
func said(vocabulary int, tokens ...int32) []float32 {
	logits := make([]float32, vocabulary)
	for i, token := range tokens {
		logits[token] = float32(len(tokens) - i)
	}
	return logits
}

func TestRecycleDraftsWhatWasLikely(t *testing.T) {
	c, r := NewRecycle(50), &Request{Tokens: []int32{7, 8, 9, 8, 1}, Prompt: 5}
	propose := func(want int) {
		r.Want = want
		c.Propose([]*Request{r})
	}
	propose(6)
	if len(r.Draft) != 0 {
		t.Errorf("%v behind a token that nothing followed", r.Draft)
	}
	r.Tokens = append(r.Tokens, 8) // behind which 1 came last, and 9 before
	propose(2)
	if !slices.Equal(r.Draft, []int32{1, 9}) || !slices.Equal(r.Parents, []int32{-1, -1}) {
		t.Errorf("%v with parents %v of a prompt, want 1 and 9 beside each other", r.Draft, r.Parents)
	}
	for range 40 { // it is sure of these
		c.Observe(r, 8, said(50, 20, 21), true)
		c.Observe(r, 20, said(50, 22, 23), true)
	}
	propose(2)
	if !slices.Equal(r.Draft, []int32{20, 22}) || !slices.Equal(r.Parents, []int32{-1, 0}) {
		t.Errorf("%v with parents %v, want 20 and 22 behind it", r.Draft, r.Parents)
	}
	propose(0)
	if len(r.Draft)+len(r.Parents) > 0 {
		t.Errorf("%v where nothing is wanted", r.Draft)
	}
}

// Trees are trees: each node a successor of its parent, no two siblings alike, in the order of depth.
func TestRecycleDraftsTrees(t *testing.T) {
	const vocabulary = 30
	x := rand.New(rand.NewPCG(8, 1))
	c, r, sizes := NewRecycle(vocabulary), &Request{Tokens: []int32{0}, Prompt: 1}, map[int]int{}
	likes := make([][]float32, vocabulary) // what is said behind each token, most of the time
	for i := range likes {
		likes[i] = normals(x, vocabulary, 1)
	}
	for range 2000 {
		token := int32(x.IntN(vocabulary))
		logits := normals(x, vocabulary, .3)
		for i, l := range likes[token] {
			logits[i] += l
		}
		c.Propose([]*Request{r})
		c.Observe(r, token, logits, x.IntN(2) == 0)
		r.Tokens[0], r.Want = int32(x.IntN(vocabulary)), x.IntN(65)
		c.Propose([]*Request{r})
		if len(r.Draft) > r.Want || len(r.Draft) != len(r.Parents) {
			t.Fatalf("%d drafts with %d parents, %d wanted", len(r.Draft), len(r.Parents), r.Want)
		}
		sizes[len(r.Draft)]++
		seen := map[[2]int32]bool{}
		for i, token := range r.Draft {
			parent := r.Parents[i]
			of := r.Tokens[0]
			if parent >= 0 {
				of = r.Draft[parent]
			}
			if int(parent) >= i || i > 0 && r.Depth(i) < r.Depth(i-1) || seen[[2]int32{parent, token}] || index(r.successors.row(of), token+1) == mostSuccessors {
				t.Fatalf("draft %d of %v with parents %v behind %d", i, r.Draft, r.Parents, of)
			}
			seen[[2]int32{parent, token}] = true
		}
	}
	if len(sizes) < 10 {
		t.Errorf("trees of few sizes: %v", sizes)
	}
}

func normals(x *rand.Rand, n int, scale float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(scale * x.NormFloat64())
	}
	return out
}

// A shape has the likeliest nodes: no other tree of as many is expected to have more that stand.
func TestShapesAreTheBest(t *testing.T) {
	x := rand.New(rand.NewPCG(8, 2))
	for range 200 {
		var r ranks
		for range x.IntN(100) {
			r.observe(x.IntN(1 + x.IntN(mostSuccessors+1)))
		}
		n := 1 + x.IntN(20)
		var s shape
		got := s.chances(nil, &r, n)
		want := allChances(r.rates(), 1, n)
		for i := range got {
			if len(got) != n || math.Abs(got[i]-want[i]) > 1e-12 {
				t.Fatalf("chances %v, want %v", got, want[:n])
			}
		}
	}
}

// allChances are those of all nodes that may be among the n likeliest, the likeliest first.
func allChances(rates [mostSuccessors]float64, above float64, n int) (all []float64) {
	var add func(above float64, depth int)
	add = func(above float64, depth int) {
		for _, rate := range rates {
			all = append(all, above*rate)
			if depth < n && above*rate > 1e-4 {
				add(above*rate, depth+1)
			}
		}
	}
	add(above, 1)
	sort.Sort(sort.Reverse(sort.Float64Slice(all)))
	return all
}

func TestLikeliestAreTheSortedOnes(t *testing.T) {
	x := rand.New(rand.NewPCG(8, 3))
	for range 500 {
		logits := make([]float32, 1+x.IntN(200))
		for i := range logits {
			if logits[i] = float32(x.IntN(40)); x.IntN(50) == 0 {
				logits[i] = float32(math.NaN())
			}
		}
		var order []int
		for i, l := range logits {
			if l == l {
				order = append(order, i)
			}
		}
		sort.SliceStable(order, func(i, j int) bool { return logits[order[i]] > logits[order[j]] })
		var got [mostSuccessors]int32
		likeliest(got[:], logits)
		for i, token := range got {
			want := int32(0)
			if i < len(order) {
				want = int32(order[i]) + 1
			}
			if token != want {
				t.Fatalf("%v of %v, want %v", got, logits, order)
			}
		}
	}
}

// Salts learn nothing from each other, whatever comes and goes; and the one that was asked for longest ago makes room.
func TestRecycleKeepsSaltsApart(t *testing.T) {
	const vocabulary, salts = 60, 12
	x := rand.New(rand.NewPCG(8, 4))
	c, live, without := NewRecycle(vocabulary), []*Request{}, 0
	for range 5000 {
		if salt := int32(x.IntN(salts)); len(live) < 14 && x.IntN(3) > 0 {
			r := &Request{Salt: uint64(salt), Tokens: []int32{salt}, Prompt: 1}
			c.Propose([]*Request{r})
			live = append(live, r)
		} else if len(live) > 0 {
			i := x.IntN(len(live))
			c.Ended(live[i])
			live = slices.Delete(live, i, i+1)
		}
		for _, r := range live { // each salt says tokens of its own
			r.Want = 8
			had := r.successors != nil
			c.Observe(r, int32(r.Salt), said(vocabulary, int32(r.Salt)+salts, int32(r.Salt)+2*salts), true)
			c.Propose([]*Request{r})
			for _, token := range r.Draft {
				if token%salts != int32(r.Salt) && token >= salts && token < 3*salts {
					t.Fatalf("salt %d drafts %v", r.Salt, r.Draft)
				}
			}
			if r.successors == nil {
				without++
			} else if r.successors.salt != r.Salt || had && len(r.Draft) == 0 {
				t.Fatalf("salt %d has the memory of %d and drafts %v", r.Salt, r.successors.salt, r.Draft)
			}
		}
		users := 0
		for _, m := range c.memories {
			users += m.users
		}
		with := 0
		for _, r := range live {
			if r.successors != nil {
				with++
			}
		}
		if users != with || len(c.memories) > mostSalts {
			t.Fatalf("%d memories count %d users of %d", len(c.memories), users, with)
		}
	}
	if without == 0 {
		t.Error("there always was a memory: the test tests little")
	}
}

func TestRecycleAllocatesNothing(t *testing.T) {
	const vocabulary = 300
	x := rand.New(rand.NewPCG(8, 5))
	c, r := NewRecycle(vocabulary), &Request{Tokens: make([]int32, 50), Prompt: 50, Want: 64}
	logits := make([]float32, vocabulary)
	step := func() {
		for i := range logits {
			logits[i] = float32(x.NormFloat64())
		}
		r.Tokens[49] = int32(x.IntN(vocabulary))
		c.Propose([]*Request{r})
		c.Observe(r, r.Tokens[49], logits, true)
		c.Ended(r)
	}
	for range 2000 {
		step()
	}
	if n := testing.AllocsPerRun(200, step); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLikeliest(b *testing.B) {
	logits := make([]float32, 49152)
	x := rand.New(rand.NewPCG(8, 6))
	for i := range logits {
		logits[i] = float32(x.NormFloat64())
	}
	var top [mostSuccessors]int32
	for b.Loop() {
		likeliest(top[:], logits)
	}
}
