package eval_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
)

func load(t *testing.T, name string) *model.Model {
	k, err := kernel.ForMachine("")
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open("../models/" + name + "-bf16.gguf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	m, err := model.Load(f, k)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type window struct {
	IDs []int32
	NLL float64
}

func windows(t *testing.T, name string, n int) []window {
	data, err := os.ReadFile("../testdata/reference-" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var r struct{ Windows []window }
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r.Windows[:n]
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// compare runs whole windows.
func compare(reference eval.Subject, subjects []eval.Subject, windows ...[]int32) ([]eval.Values, error) {
	c := eval.Comparison{Reference: reference, Subjects: subjects, BOS: -1, Threads: 2}
	for _, ids := range windows {
		c.Windows = append(c.Windows, eval.Window{Tokens: ids})
	}
	return eval.Compare(context.Background(), c)
}

func TestCompareAgainstPyTorchAndItself(t *testing.T) {
	m := load(t, "gopherling-2m")
	ref := windows(t, "gopherling-2m", 2)
	subjects := []eval.Subject{{Model: m, KVFormat: "f32"}, {Model: m, KVFormat: "q8_0"}}
	values, err := compare(subjects[0], subjects, ref[0].IDs, ref[1].IDs)
	if err != nil {
		t.Fatal(err)
	}
	same, cached := values[0], values[1]
	for w := range ref {
		var nll []float64
		for i, v := range same.NLL {
			if same.Window[i] == int32(w) {
				nll = append(nll, v)
			}
		}
		if len(nll) != 511 || math.Abs(mean(nll)-ref[w].NLL) > 1e-4 {
			t.Errorf("window %d: %d tokens of %.6f nats, PyTorch has 511 of %.6f", w, len(nll), mean(nll), ref[w].NLL)
		}
	}
	if !slices.Equal(same.NLL, same.RefNLL) || mean(same.KL) != 0 || slices.Contains(same.SameTop, false) {
		t.Errorf("the reference differs from itself: mean KL %g", mean(same.KL))
	}
	if kl := mean(cached.KL); !(kl > 0 && kl < 1e-2) {
		t.Errorf("a q8_0 cache has a mean KL divergence of %g nats, want little but some", kl)
	}
	for i, kl := range cached.KL {
		if kl < 0 {
			t.Errorf("position %d: KL divergence %g is negative", i, kl)
		}
	}
}

// The sum behind KL divergence, by hand: for two models of one vocabulary the mean
// over positions of sum p (log p - log q) is the cross entropy minus the entropy.
func TestKLIsAskedOfTheReference(t *testing.T) {
	a, b := load(t, "gopherling-7m"), load(t, "gopherling-2m")
	ids := windows(t, "gopherling-7m", 1)[0].IDs[:65]
	forward, err := compare(eval.Subject{Model: a, KVFormat: "f32"}, []eval.Subject{{Model: b, KVFormat: "f32"}}, ids)
	if err != nil {
		t.Fatal(err)
	}
	backward, err := compare(eval.Subject{Model: b, KVFormat: "f32"}, []eval.Subject{{Model: a, KVFormat: "f32"}}, ids)
	if err != nil {
		t.Fatal(err)
	}
	f, g := forward[0], backward[0]
	if !slices.Equal(f.NLL, g.RefNLL) || !slices.Equal(f.RefNLL, g.NLL) || !slices.Equal(f.SameTop, g.SameTop) {
		t.Error("exchanging subject and reference does not exchange their values")
	}
	if mean(f.KL) <= 0 || mean(f.KL) == mean(g.KL) {
		t.Errorf("KL is %g one way and %g the other", mean(f.KL), mean(g.KL))
	}
	// Text drawn from a: there the loss of b over a estimates KL(a || b).
	if loss := mean(f.NLL) - mean(f.RefNLL); loss <= 0 {
		t.Errorf("the smaller model is %g nats worse, want a loss", loss)
	}
}

func TestCompareStopsAndRefuses(t *testing.T) {
	m := load(t, "gopherling-2m")
	s := eval.Subject{Model: m, KVFormat: "f32"}
	ids := windows(t, "gopherling-2m", 1)[0].IDs
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c := eval.Comparison{Reference: s, Subjects: []eval.Subject{s}, Windows: []eval.Window{{Tokens: ids}}, BOS: -1}
	if _, err := eval.Compare(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled comparison returned %v", err)
	}
	if _, err := compare(s, nil, make([]int32, m.Context+1)); err == nil {
		t.Error("a window longer than the context: no error")
	}
	if _, err := compare(eval.Subject{Model: m, KVFormat: "f8"}, nil, ids); err == nil {
		t.Error("an unknown cache format: no error")
	}
}

func TestWindows(t *testing.T) {
	tokens := make([]int32, 100)
	for i := range tokens {
		tokens[i] = int32(i)
	}
	got, err := eval.Windows(tokens, 3, 20)
	if err != nil {
		t.Fatal(err)
	}
	for i, from := range []int32{0, 33, 66} {
		if w := got[i].Tokens; len(w) != 20 || w[0] != from || got[i].Unscored != 0 {
			t.Errorf("window %d begins at %d with %d tokens, want %d with 20", i, w[0], len(w), from)
		}
	}
	if _, err := eval.Windows(tokens, 5, 20); err != nil {
		t.Errorf("windows that just fit: %v", err)
	}
	if _, err := eval.Windows(tokens, 6, 20); err == nil || !strings.Contains(err.Error(), "need 120") {
		t.Errorf("too short a text: %v", err)
	}
	if _, err := eval.Windows(tokens, 0, 20); err == nil {
		t.Error("no windows: no error")
	}
}
