package spec

import (
	"math"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/internal/invariant"
	"github.com/assaylab/assay/engine/sample"
)

// favouring makes one row of logits per token, each with that token as the argmax.
func favouring(tokens ...int32) [][]float32 {
	rows := make([][]float32, len(tokens))
	for i, token := range tokens {
		rows[i] = []float32{0, 0, 0, 0, 0, 0, 0, 0}
		rows[i][token] = 9
	}
	return rows
}

func TestGreedyIsWhatItIsWithoutDrafts(t *testing.T) {
	for _, row := range []struct {
		name                string
		target, draft, want []int32
	}{
		{"no draft", []int32{3}, nil, []int32{3}},
		{"all accepted, and a bonus", []int32{3, 1, 4, 5}, []int32{3, 1, 4}, []int32{3, 1, 4, 5}},
		{"first rejected", []int32{3, 1, 4, 5}, []int32{2, 1, 4}, []int32{3}},
		{"corrected in the middle", []int32{3, 1, 4, 5}, []int32{3, 7, 4}, []int32{3, 1}},
		{"last rejected", []int32{3, 1, 4, 5}, []int32{3, 1, 0}, []int32{3, 1, 4}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := Accept([]int32{42}, favouring(row.target...), row.draft, nil, sample.Params{Seed: 1}, nil, 7, new(Scratch))
			if want := append([]int32{42}, row.want...); !slices.Equal(got, want) {
				t.Errorf("appended to 42: %v, want %v", got, want)
			}
		})
	}
}

// A draft from the target's own distribution is always accepted, and the token after the
// last one is what would have been drawn without drafts.
func TestEqualDistributionsAcceptAll(t *testing.T) {
	p := sample.Params{Temperature: .7, TopP: .9}
	var s Scratch
	for seed := range uint64(2000) {
		p.Seed = seed
		target, draft, probs := targets.draft(targets, 0, 3, p, 5)
		want := append(slices.Clone(draft), sample.Next(target[3], p, 8, new(sample.Scratch)))
		if got := Accept(nil, target, draft, probs, p, nil, 5, &s); !slices.Equal(got, want) {
			t.Fatalf("seed %d: got %v, want %v", seed, got, want)
		}
	}
}

// A draft that the request's settings exclude is never accepted.
func TestTruncatedDraftIsRejected(t *testing.T) {
	p := sample.Params{Temperature: 1, TopK: 1}
	for seed := range uint64(500) {
		p.Seed = seed
		if got := Accept(nil, favouring(3, 1), []int32{2}, nil, p, nil, 5, new(Scratch)); !slices.Equal(got, []int32{3}) {
			t.Fatalf("seed %d: got %v", seed, got)
		}
	}
}

func TestAcceptIsAFunctionOfSeedAndPosition(t *testing.T) {
	p := sample.Params{Temperature: 1, Seed: 3}
	used := new(Scratch)
	varied := map[int32]bool{}
	for position := range 200 {
		target, draft, probs := targets.draft(drafts, 0, 2, p, position)
		first := Accept(nil, target, draft, probs, p, nil, position, used)
		if again := Accept(nil, target, draft, probs, p, nil, position, new(Scratch)); !slices.Equal(first, again) {
			t.Errorf("position %d: %v, then %v", position, first, again)
		}
		varied[first[0]] = true
	}
	if len(varied) != vocab {
		t.Errorf("200 positions gave only %v", varied)
	}
}

// Where target and draft differ by rounding alone, a rejected draft may leave an empty residual.
func TestEmptyResidualFallsBackToTheTarget(t *testing.T) {
	s := &Scratch{probs: []float32{.25, .75}}
	s.setResidual(1, []float32{.25, math.Nextafter32(.75, 1)})
	if !slices.Equal(s.residual, s.probs) {
		t.Errorf("residual %v, want the target %v", s.residual, s.probs)
	}
}

func TestContradictingLengthsPanic(t *testing.T) {
	for _, row := range []struct {
		name  string
		rows  int
		probs [][]float32
	}{{"a row short", 1, nil}, {"a row long", 3, nil}, {"distributions short", 2, [][]float32{}}} {
		t.Run(row.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			Accept(nil, favouring(1, 1, 1)[:row.rows], []int32{1}, row.probs, sample.Params{}, nil, 0, new(Scratch))
		})
	}
}

func TestAcceptAllocatesNothing(t *testing.T) {
	if invariant.Enabled {
		t.Skip("checks allocate")
	}
	p := sample.Params{Temperature: 1, TopK: 4, TopP: .95}
	target, draft, probs := targets.draft(drafts, 0, 3, p, 5)
	dst := make([]int32, 0, 4)
	var s Scratch
	if n := testing.AllocsPerRun(200, func() {
		p.Seed++
		Accept(dst, target, draft, probs, p, nil, 5, &s)
	}); n != 0 {
		t.Errorf("%v allocations per call", n)
	}
}
