package model_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
)

// reference is a file of answers computed in float32 by PyTorch (models/train/reference.py).
type reference struct {
	MeanNLL float64 `json:"mean_nll"`
	Windows []struct {
		IDs []int32
		NLL float64
	}
	Prompts []struct {
		Text   string
		IDs    []int32
		Top    [][2]float64
		Greedy []int32
		Gap    []float64
	}
}

// Tolerances of the reference: an engine that keeps activations in float32 agrees
// within these (models/README.md).
const (
	windowTolerance  = 1e-4 // nats, per window
	meanTolerance    = 2e-5
	logprobTolerance = 1e-3
	greedyGap        = 1e-3 // steps with a smaller gap between first and second choice may differ
)

func readReference(t testing.TB, name string) reference {
	data, err := os.ReadFile("../testdata/reference-" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Windows) != 64 || len(r.Prompts) != 16 {
		t.Fatalf("%s: %d windows and %d prompts, want 64 and 16", name, len(r.Windows), len(r.Prompts))
	}
	return r
}

func open(t testing.TB, name string, kernels *kernel.Set) *model.Model {
	f, err := gguf.Open("../models/" + name + "-bf16.gguf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	m, err := model.Load(f, kernels)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newState(t testing.TB, m *model.Model, format string, positions, threads int) *model.State {
	cache, err := model.NewCache(m, format, (positions+15)/16, 16)
	if err != nil {
		t.Fatal(err)
	}
	pool := par.New(threads)
	t.Cleanup(pool.Close)
	return model.NewState(m, cache, pool)
}

func blocks(n int) []int32 {
	b := make([]int32, n)
	for i := range b {
		b[i] = int32(i)
	}
	return b
}

// windowNLL is the mean negative log-likelihood of ids 1.. given all before them.
func windowNLL(s *model.State, ids []int32) float64 {
	var p model.Pass
	p.Add(0, blocks(len(ids)/16+1), ids[:len(ids)-1]...)
	for i := range p.Tokens {
		p.Logits = append(p.Logits, int32(i))
	}
	s.Forward(&p)
	sum := 0.0
	for i, next := range ids[1:] {
		sum -= logprob(p.Row(i), next)
	}
	return sum / float64(len(ids)-1)
}

func logprob(logits []float32, token int32) float64 {
	top := math.Inf(-1)
	for _, l := range logits {
		top = math.Max(top, float64(l))
	}
	sum := 0.0
	for _, l := range logits {
		sum += math.Exp(float64(l) - top)
	}
	return float64(logits[token]) - top - math.Log(sum)
}

func TestWindowsAgreeWithPyTorch(t *testing.T) {
	sets := kernel.Sets(cpu.Detect())
	for _, name := range []string{"gopherling-7m", "gopherling-2m", "gopherling-1m"} {
		ref := readReference(t, name)
		best := sets[len(sets)-1]
		t.Run(name+"/"+best.Name, func(t *testing.T) { compareWindows(t, ref, open(t, name, best), 64) })
		t.Run(name+"/generic", func(t *testing.T) { compareWindows(t, ref, open(t, name, sets[0]), 3) })
	}
}

func compareWindows(t *testing.T, ref reference, m *model.Model, n int) {
	if testing.Short() {
		n = 1
	}
	s := newState(t, m, "f32", 512, 2)
	mean := 0.0
	for i, w := range ref.Windows[:n] {
		got := windowNLL(s, w.IDs)
		mean += got / float64(n)
		if math.Abs(got-w.NLL) > windowTolerance {
			t.Errorf("window %d: %.6f nats, want %.6f", i, got, w.NLL)
		}
	}
	if n == len(ref.Windows) {
		t.Logf("mean %.6f nats, perplexity %.5f; reference %.6f, %.5f", mean, math.Exp(mean), ref.MeanNLL, math.Exp(ref.MeanNLL))
		if math.Abs(mean-ref.MeanNLL) > meanTolerance {
			t.Errorf("mean is %.6f nats, want %.6f", mean, ref.MeanNLL)
		}
	}
}
