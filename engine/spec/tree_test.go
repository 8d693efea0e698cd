package spec

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/sample"
)

// fork is a tree with siblings at two depths.
var fork = []int32{-1, -1, 0, 0, 1, 3}

// forked drafts a tree that hangs on last, siblings of which differ.
func forked(last int32, _ int, _ sample.Params, position int) (target [][]float32, draft []int32, probs [][]float32) {
	first := (last*2 + int32(position) + 3) % vocab
	draft = []int32{first, (first + 1) % vocab, (first + 3) % vocab, last, (first + 2) % vocab, first}
	if draft[2] == draft[3] {
		draft[3] = (draft[2] + 1) % vocab
	}
	target = append(target, targets[last])
	for _, token := range draft {
		target = append(target, targets[token])
	}
	return target, draft, nil
}

// treeRule has AcceptTree be a rule for drafts that are a fork.
func treeRule(dst []int32, target [][]float32, draft []int32, _ [][]float32, p sample.Params, h *sample.History, position int, s *Scratch) []int32 {
	dst, _ = AcceptTree(dst, nil, target, draft, fork, p, h, position, s)
	return dst
}

// inTurn is the rule as SpecInfer writes it down, or with a mistake: siblings are tried one after the other, each
// against what the rejected ones have left of the target.
type inTurn struct {
	stale  bool // they are tried against the whole target
	redraw bool // in place of all of them a token is drawn from the whole target
}

func (x inTurn) accept(dst []int32, target [][]float32, draft []int32, _ [][]float32, p sample.Params, _ *sample.History, position int, _ *Scratch) []int32 {
	r := rand.New(rand.NewPCG(p.Seed, uint64(position)))
	at := int32(-1)
	for {
		whole := make([]float32, vocab)
		sample.Distribution(whole, target[at+1], p, new(sample.Scratch))
		left, mass, next := slices.Clone(whole), 1.0, int32(-1)
		for i := range draft {
			if fork[i] != at {
				continue
			}
			chance := float64(whole[draft[i]])
			if !x.stale {
				chance = float64(left[draft[i]]) / mass
			}
			if r.Float64() < chance {
				next = int32(i)
				break
			}
			mass -= float64(left[draft[i]])
			left[draft[i]] = 0
		}
		if next < 0 {
			if x.redraw {
				left, mass = whole, 1
			}
			return append(dst, sample.Draw(left, r.Float64()*max(0, mass)))
		}
		dst, at = append(dst, draft[next]), next
	}
}

// firstToken is what the rule gives to the first token after token 0, whose siblings are a and b.
func (x inTurn) firstToken(target []float32, a, b int32) []float64 {
	out, left := make([]float64, vocab), make([]float64, vocab)
	for i, p := range target {
		left[i] = float64(p)
	}
	pa, pb := left[a], left[b]
	out[a] = pa
	if !x.stale {
		pb /= 1 - pa
	}
	out[b] = (1 - pa) * pb
	rest := (1 - pa) * (1 - pb)
	if !x.redraw {
		left[a], left[b] = 0, 0
	}
	sum := 0.0
	for _, p := range left {
		sum += p
	}
	for i, p := range left {
		out[i] += rest * p / sum
	}
	return out
}

func TestTreesFollowTheTarget(t *testing.T) {
	for name, p := range map[string]sample.Params{
		"warm": {Temperature: 1.2}, "as it is": {Temperature: 1}, "truncated": {Temperature: 1, TopK: 4, TopP: .85, MinP: .1},
	} {
		for rule, accept := range map[string]rule{"one draw": treeRule, "in turn": inTurn{}.accept} {
			t.Run(name+", "+rule, func(t *testing.T) {
				first, both := generate(accept, forked, 0, p)
				wantFirst, wantBoth := targets.joint(p)
				for what, f := range map[string]fit{"first token": fitOf(first[:], wantFirst[:]), "two tokens": fitOf(both[:], wantBoth[:])} {
					if f.fails() {
						t.Errorf("%s: %+v", what, f)
					}
					if power := f.power(leastBias); power < leastPower {
						t.Errorf("%s: a bias of %v would be found with probability %v only", what, leastBias, power)
					}
				}
			})
		}
	}
}

// The test above finds rules that are wrong about siblings.
func TestWrongTreesAreFound(t *testing.T) {
	p := sample.Params{Temperature: 1}
	want, _ := targets.joint(p)
	_, draft, _ := forked(0, 0, p, 12)
	for name, x := range map[string]inTurn{
		"siblings against the whole target": {stale: true},
		"replaced from the whole target":    {redraw: true},
		"both":                              {stale: true, redraw: true},
	} {
		off := x.firstToken(targets.next(0, p), draft[0], draft[1])
		if bias := totalVariation(off, want[:]); bias < leastBias {
			t.Fatalf("%s: biased by %v only: not a fair test", name, bias)
		}
		first, _ := generate(x.accept, forked, 0, p)
		if f := fitOf(first[:], want[:]); !f.fails() {
			t.Errorf("%s: not found: %+v", name, f)
		}
		if f := fitOf(first[:], off); f.fails() {
			t.Errorf("%s: its own distribution %v does not fit: %+v", name, off, f)
		}
	}
}

// Whatever trees are drafted, the text is that of no drafts, token by token, with penalties and bias too;
// and what stands is a way from the root that says it.
func TestTreesChangeNoToken(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 6))
	var s Scratch
	const length, from = 60, 10
	for _, temperature := range []float32{0, 1} {
		p, stood := penalties, 0
		p.Temperature = temperature
		for seed := range uint64(30) {
			p.Seed = seed
			want := alone(p, length, from)
			got := []int32{0}
			h := sample.NewHistory(vocab, got, 2*length)
			for len(got) < length {
				draft, parents := randomTree(r, want, len(got))
				rows := [][]float32{targets[got[len(got)-1]]}
				for _, token := range draft {
					rows = append(rows, targets[token])
				}
				n := len(got)
				var way []int32
				got, way = AcceptTree(got, nil, rows, draft, parents, p, h, from+n, &s)
				at := int32(-1)
				for i, node := range way {
					if parents[node] != at || draft[node] != got[n+i] {
						t.Fatalf("way %v of %v with parents %v says %v", way, draft, parents, got[n:])
					}
					at = node
				}
				if len(way) != len(got)-n-1 {
					t.Fatalf("%d drafts stand of %d tokens", len(way), len(got)-n)
				}
				h.Push(got[n:]...)
				stood += len(way)
			}
			if !slices.Equal(got[:length], want[:length]) {
				t.Fatalf("temperature %v, seed %d: got %v, want %v", temperature, seed, got, want)
			}
		}
		if stood < 500 {
			t.Errorf("only %d drafts stood", stood)
		}
	}
}

// alone is a text drawn one token at a time.
func alone(p sample.Params, length, from int) []int32 {
	text := []int32{0}
	var s sample.Scratch
	h := sample.NewHistory(vocab, text, 2*length)
	for len(text) < length+8 {
		position := from + len(text)
		next := sample.Next(sample.Adjust(targets[text[len(text)-1]], p, h, position, &s), p, position, &s)
		text = append(text, next)
		h.Push(next)
	}
	return text
}

// randomTree drafts some of the text that follows, and other tokens beside it.
func randomTree(r *rand.Rand, text []int32, at int) (draft, parents []int32) {
	parent := int32(-1)
	for depth := range 1 + r.IntN(4) {
		right := int32(-1)
		for _, token := range r.Perm(vocab)[:1+r.IntN(3)] {
			if draft, parents = append(draft, int32(token)), append(parents, parent); at+depth < len(text) && int32(token) == text[at+depth] {
				right = int32(len(draft) - 1)
			}
		}
		if right < 0 {
			right = int32(len(draft) - 1)
		}
		parent = right
	}
	return draft, parents
}

func TestAcceptTreeAllocatesNothing(t *testing.T) {
	var s Scratch
	p := penalties
	p.Temperature = 1
	h := sample.NewHistory(vocab, []int32{0}, 40)
	target, draft, _ := forked(0, 0, p, 12)
	dst, way := make([]int32, 0, 8), make([]int32, 0, 8)
	run := func() { AcceptTree(dst, way, target, draft, fork, p, h, 12, &s) }
	run()
	if n := testing.AllocsPerRun(10, run); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
