package eval_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/kvcache"
)

// Bounds that nothing exceeds change nothing; narrow ones change predictions behind what they
// give up, and none before.
func TestBoundedWindows(t *testing.T) {
	const length = 256
	m := load(t, "gopherling-2m")
	tokens := make([]int32, 2*length)
	for i := range tokens {
		tokens[i] = int32(1 + i*i%997)
	}
	windows, err := eval.Windows(tokens, 2, length)
	if err != nil {
		t.Fatal(err)
	}
	subject := func(policy string, budget int) eval.Subject {
		return eval.Subject{Model: m, KVFormat: "f32", BlockSize: 16,
			Bound: kvcache.Bound{Policy: policy, Budget: budget, Sinks: 4, Recent: 16, Observe: 16}}
	}
	for _, policy := range kvcache.Policies[1:] {
		values, err := eval.Compare(context.Background(), eval.Comparison{
			Reference: eval.Subject{Model: m, KVFormat: "f32", BlockSize: 16},
			Subjects:  []eval.Subject{subject(policy, length), subject(policy, 64)}, Windows: windows, BOS: -1, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if wide := values[0]; !slices.Equal(wide.NLL, wide.RefNLL) {
			t.Errorf("%s: a budget of the whole window changes predictions", policy)
		}
		first := map[bool]int{true: 64, false: length / 2}[policy == kvcache.PolicyWindow || policy == kvcache.PolicySinks]
		narrow, changed := values[1], 0
		for i := range narrow.NLL {
			if math.IsNaN(narrow.NLL[i]) || i%(length-1) < first && narrow.NLL[i] != narrow.RefNLL[i] {
				t.Fatalf("%s: prediction %d is %g, and %g with everything kept", policy, i, narrow.NLL[i], narrow.RefNLL[i])
			}
			if narrow.NLL[i] != narrow.RefNLL[i] {
				changed++
			}
		}
		if changed < length/2 {
			t.Errorf("%s: only %d predictions changed", policy, changed)
		}
	}
}

func TestBoundsThatCannotBeMeasured(t *testing.T) {
	m := load(t, "gopherling-2m")
	s := eval.Subject{Model: m, KVFormat: "f32", Bound: kvcache.Bound{Policy: kvcache.PolicyH2O, Budget: 128, Recent: 16}}
	item := []eval.Choice{{Context: []int32{1}, Continuations: [][]int32{{2}}}}
	if _, err := eval.Choices(context.Background(), s, item, 1, nil); err != nil {
		t.Errorf("a context of one token: %v", err)
	}
	if _, err := eval.Generate(context.Background(), s, []eval.Prompt{{Tokens: []int32{1}, Max: 1}}, nil, 1, nil); err == nil || !strings.Contains(err.Error(), "kv_policy: found h2o") {
		t.Errorf("generate: %v", err)
	}
	s.Bound.Budget = 100
	if _, err := eval.Choices(context.Background(), s, item, 1, nil); err == nil || !strings.Contains(err.Error(), "kv_budget: found 100, expected a multiple") {
		t.Errorf("a budget of 100: %v", err)
	}
}
