package spec

import (
	"math"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/internal/invariant"
	"github.com/assaylab/assay/engine/sample"
)

// next is the distribution that the rule gives where a draft comes from the distribution from.
func (r Typical) next(target, from []float32) []float64 {
	h := 0.0
	for _, p := range target {
		if p > 0 {
			h -= float64(p) * math.Log(float64(p))
		}
	}
	out, rejected := make([]float64, len(target)), 1.0
	for x, p := range target {
		if float64(p) > min(r.Epsilon, math.Sqrt(r.Epsilon)*math.Exp(-h)) {
			out[x] = float64(from[x])
			rejected -= out[x]
		}
	}
	for x, p := range target {
		out[x] += rejected * float64(p)
	}
	return out
}

// joint returns the probabilities of every first and second token after token 0, both drafted.
func (r Typical) joint(p sample.Params) (first, both []float64) {
	both = make([]float64, vocab*vocab)
	first = r.next(targets.next(0, p), drafts.next(0, p))
	for a, pa := range first {
		for b, pb := range r.next(targets.next(int32(a), p), drafts.next(int32(a), p)) {
			both[a*vocab+b] = pa * pb
		}
	}
	return first, both
}

// The tests that hold Accept to the target find that Typical does not follow it, and that it follows
// what its definition gives.
func TestTypicalAcceptanceIsBiased(t *testing.T) {
	for _, row := range []struct {
		name string
		rule Typical
		p    sample.Params
	}{
		{"some stand", Typical{.5}, sample.Params{Temperature: 1}},
		{"nearly all stand", Typical{.09}, sample.Params{Temperature: 1}},
		{"cold", Typical{.3}, sample.Params{Temperature: .6}},
		{"truncated", Typical{.7}, sample.Params{Temperature: 1, TopK: 4, TopP: .85, MinP: .1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			first, both := generate(row.rule.Accept, drawn, 2, row.p)
			wantFirst, wantBoth := targets.joint(row.p)
			typicalFirst, typicalBoth := row.rule.joint(row.p)
			if bias := totalVariation(typicalFirst, wantFirst[:]); bias < leastBias {
				t.Fatalf("biased by %v only: not a fair test", bias)
			}
			for _, part := range []struct {
				name          string
				counts        []int
				target, known []float64
			}{{"first token", first[:], wantFirst[:], typicalFirst}, {"two tokens", both[:], wantBoth[:], typicalBoth}} {
				if f := fitOf(part.counts, part.target); !f.fails() {
					t.Errorf("%s: the bias is not found: %+v", part.name, f)
				}
				if f := fitOf(part.counts, part.known); f.fails() {
					t.Errorf("%s: does not fit what the rule gives, %v: %+v", part.name, part.known, f)
				}
			}
		})
	}
}

// The threshold follows the entropy: what is unusual where one token is likely stands where all are alike.
func TestTypicalThreshold(t *testing.T) {
	peaked, flat := []float32{5, 1, 0, 0}, []float32{.2, 0, .1, 0} // probabilities of token 1: .017, .23
	for _, row := range []struct {
		name    string
		logits  []float32
		epsilon float64
		p       sample.Params
		stands  bool
	}{
		{"unusual", peaked, .09, sample.Params{Temperature: 1}, false},
		{"flat: sqrt(.09) / 4 is .075", flat, .09, sample.Params{Temperature: 1}, true},
		{"flat, against a large epsilon", flat, 1, sample.Params{Temperature: 1}, false},
		{"above epsilon", peaked, .01, sample.Params{Temperature: 1}, true},
		{"temperature makes it usual", peaked, .09, sample.Params{Temperature: 5}, true},
		{"truncated", flat, 1e-9, sample.Params{Temperature: 1, TopK: 1}, false},
		{"greedy", peaked, 1e-9, sample.Params{}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			stood, runs := 0, 400
			for seed := range uint64(runs) {
				row.p.Seed = seed
				got := Typical{row.epsilon}.Accept(nil, [][]float32{row.logits, flat}, []int32{1}, nil, row.p, nil, 3, new(Scratch))
				if row.stands == (got[0] == 1) {
					stood++
				}
				if want := sample.Next(row.logits, row.p, 3, new(sample.Scratch)); !row.stands && got[0] != want {
					t.Fatalf("seed %d: %v in place of the draft, want %d as without", seed, got, want)
				}
			}
			if stood < runs/2 || row.stands && stood < runs {
				t.Errorf("as expected in %d of %d", stood, runs)
			}
		})
	}
}

// At temperature 0 the rule is the exact one.
func TestTypicalIsExactWhereGreedy(t *testing.T) {
	for _, draft := range [][]int32{{3, 1, 4}, {2, 1, 4}, {3, 7, 4}, {}} {
		rows := favouring([]int32{3, 1, 4, 5}[:len(draft)+1]...)
		got := Typical{1e-6}.Accept(nil, rows, draft, nil, sample.Params{}, nil, 7, new(Scratch))
		if want := Accept(nil, rows, draft, nil, sample.Params{}, nil, 7, new(Scratch)); !slices.Equal(got, want) {
			t.Errorf("%v drafted: %v, want %v", draft, got, want)
		}
	}
}

func TestTypicalIsAFunctionOfSeedAndPosition(t *testing.T) {
	p, used, varied := sample.Params{Temperature: 1, Seed: 3}, new(Scratch), map[int32]bool{}
	rule := Typical{.5}
	for position := range 200 {
		target, draft, probs := targets.draft(drafts, 0, 2, p, position)
		first := rule.Accept(nil, target, draft, probs, p, nil, position, used)
		if again := rule.Accept(nil, target, draft, probs, p, nil, position, new(Scratch)); !slices.Equal(first, again) {
			t.Errorf("position %d: %v, then %v", position, first, again)
		}
		varied[first[0]] = true
	}
	if len(varied) != vocab {
		t.Errorf("200 positions gave only %v", varied)
	}
}

func TestTypicalAllocatesNothing(t *testing.T) {
	if invariant.Enabled {
		t.Skip("checks allocate")
	}
	p := sample.Params{Temperature: 1, TopK: 4, TopP: .95}
	target, draft, probs := targets.draft(drafts, 0, 3, p, 5)
	dst, rule := make([]int32, 0, 4), Typical{.5}
	var s Scratch
	if n := testing.AllocsPerRun(200, func() {
		p.Seed++
		rule.Accept(dst, target, draft, probs, p, nil, 5, &s)
	}); n != 0 {
		t.Errorf("%v allocations per call", n)
	}
}
