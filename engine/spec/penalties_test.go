package spec

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/sample"
)

var penalties = sample.Params{PresencePenalty: .9, FrequencyPenalty: .4, RepetitionPenalty: 1.3,
	Bias: []sample.Bias{{Token: 3, Add: .7}}, Suppress: []int32{4}, SuppressUntil: 14}

// Greedy with penalties gives what one token at a time gives, whatever the drafts are.
func TestGreedyWithPenaltiesIsWhatItIsWithoutDrafts(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const length, from = 60, 10
	var s Scratch
	want := []int32{0}
	h := sample.NewHistory(vocab, want, length)
	for len(want) < length {
		position := from + len(want)
		next := sample.Argmax(sample.Adjust(targets[want[len(want)-1]], penalties, h, position, &s.sample))
		want = append(want, next)
		h.Push(next)
	}
	if plain := targets.greedy(length); slices.Equal(plain, want) {
		t.Fatal("penalties change nothing: the test tests nothing")
	}
	accepted := 0
	for range 50 {
		got := []int32{0}
		h := sample.NewHistory(vocab, got, length)
		for len(got) < length {
			draft, rows := []int32{}, [][]float32{targets[got[len(got)-1]]}
			for range r.IntN(4) { // a guess that is right most of the time
				next := int32(r.IntN(vocab))
				if at := len(got) + len(draft); at < length && r.IntN(4) > 0 {
					next = want[at]
				}
				draft, rows = append(draft, next), append(rows, targets[next])
			}
			n := len(got)
			got = Accept(got, rows, draft, nil, penalties, h, from+n, &s)
			h.Push(got[n:]...)
			accepted += len(got) - n - 1
		}
		if !slices.Equal(got[:length], want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	if accepted < 500 {
		t.Errorf("only %d drafts were accepted", accepted)
	}
}

// greedy is the plain greedy continuation of token 0.
func (c *chain) greedy(length int) []int32 {
	out := []int32{0}
	for len(out) < length {
		out = append(out, sample.Argmax(c[out[len(out)-1]]))
	}
	return out
}

// TestSpeculationWithPenaltiesFollowsTheTarget: the second token's distribution depends on
// the first, drafted or not.
func TestSpeculationWithPenaltiesFollowsTheTarget(t *testing.T) {
	p := penalties
	p.Temperature = 1
	const at = 12
	h := sample.NewHistory(vocab, []int32{0, 2}, 9)
	var scratch sample.Scratch
	next := func(token int32, position int) []float32 {
		probs := make([]float32, vocab)
		sample.Distribution(probs, sample.Adjust(targets[token], p, h, position, &scratch), p, &scratch)
		return probs
	}
	var want [vocab * vocab]float64
	for a, pa := range next(0, at) {
		h.Push(int32(a))
		for b, pb := range next(int32(a), at+1) {
			want[a*vocab+b] = float64(pa) * float64(pb)
		}
		h.Pop(int32(a))
	}
	for _, row := range []struct {
		name    string
		propose proposal
	}{{"drawn drafts", drawn}, {"greedy drafts", argmax}} {
		t.Run(row.name, func(t *testing.T) {
			var counts [vocab * vocab]int
			var s Scratch
			var tokens []int32
			for seed := range uint64(samples) {
				p.Seed = seed
				tokens = append(tokens[:0], 0)
				for len(tokens) < 3 {
					said := len(tokens)
					target, draft, probs := row.propose(tokens[said-1], 2, p, at+said-1)
					h.Push(tokens[1:said]...)
					tokens = Accept(tokens, target, draft, probs, p, h, at+said-1, &s)
					h.Pop(tokens[1:said]...)
				}
				counts[tokens[1]*vocab+tokens[2]]++
			}
			if f := fitOf(counts[:], want[:]); f.fails() {
				t.Errorf("%+v", f)
			}
		})
	}
}
