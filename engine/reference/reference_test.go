package main

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/kernel"
)

const root = "../.."

func committed(t *testing.T) *Results {
	r, err := load(filepath.Join(root, resultsFile))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) < 10 || len(r.Greedy) == 0 {
		t.Fatalf("%d rows and %d greedy comparisons in %s", len(r.Rows), len(r.Greedy), resultsFile)
	}
	return r
}

func TestCommittedResultsAreWithinBounds(t *testing.T) {
	for _, line := range committed(t).broken() {
		t.Error(line)
	}
}

func TestAPerplexityFarFromBothIsBroken(t *testing.T) {
	row := Row{Format: "Q4_0", Chunks: 100, Length: 512, Theirs: 80, Ours: 79, MeanKL: 1e-4, Exact: &Exact{Perplexity: 79.1}}
	if lines := row.broken(); len(lines) != 0 {
		t.Errorf("within 0.5 %% of the exact perplexity, and yet: %v", lines)
	}
	row.Exact.Perplexity = 79.9
	if lines := row.broken(); len(lines) != 1 {
		t.Errorf("1 %% from llama.cpp's perplexity and from the exact one breaks %v, want one bound", lines)
	}
}

// embedded is gopherling-7m in a format. In BF16 it is the F32 model: this engine
// widens exactly and rounds no activation.
func embedded(t *testing.T, format string, kernels *kernel.Set) *checkpoint.Checkpoint {
	t.Helper()
	f, err := gguf.Open("../models/gopherling-7m-bf16.gguf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if format != "F32" && format != "BF16" {
		if f, err = inMemory(f, format, false); err != nil {
			t.Fatal(err)
		}
	}
	c, err := checkpoint.New(f, kernels)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestPerplexityAgreesWithLlamaCpp computes this engine's side of the first two chunks
// again and holds it against what llama.cpp said of them.
func TestPerplexityAgreesWithLlamaCpp(t *testing.T) {
	if testing.Short() {
		t.Skip("two chunks of every format take seconds")
	}
	sets := kernel.Sets(cpu.Detect())
	for _, row := range committed(t).Rows {
		if row.Model != "gopherling-7m" || row.Cache != "f32" || row.Format == everywhere || row.Format == everywhereRecipe {
			continue
		}
		t.Run(row.Format, func(t *testing.T) {
			kernels := sets[len(sets)-1]
			chunksToRead := 2
			if row.Format == "Q4_0" { // one of them with the definition itself
				kernels, chunksToRead = sets[0], 1
			}
			c := embedded(t, row.Format, kernels)
			windows, err := chunks(c.Tokenizer, filepath.Join(root, row.Text), row.Chunks)
			if err != nil {
				t.Fatal(err)
			}
			subject := eval.Subject{Model: c.Model, KVFormat: "f32"}
			values, err := eval.Compare(t.Context(), eval.Comparison{Reference: subject, Subjects: []eval.Subject{subject},
				Windows: windows[:chunksToRead], BOS: startToken(c.Tokenizer), Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			got, want := perplexity(values[0].NLL), row.Running[chunksToRead-1]
			bound, _ := bounds(row.Format)
			if !isFloat(row.Format) {
				bound *= 4 // a sixteenth of the text: the difference's standard error is four times that of the whole
			}
			t.Logf("perplexity %.4f, llama.cpp's %.4f", got, want)
			if math.Abs(got/want-1) > bound {
				t.Errorf("perplexity is %.4f, llama.cpp's %.4f: more than %.2g %% apart", got, want, 100*bound)
			}
		})
	}
}

func TestGreedyContinuationsAreThoseOfLlamaCpp(t *testing.T) {
	if testing.Short() {
		t.Skip("64 continuations take seconds")
	}
	for _, g := range committed(t).Greedy {
		if g.Model != "gopherling-7m" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, g.Text))
		if err != nil {
			t.Fatal(err)
		}
		prompts, err := cutPrompts(string(text), len(g.Continuations))
		if err != nil {
			t.Fatal(err)
		}
		sets := kernel.Sets(cpu.Detect())
		c := embedded(t, "F32", sets[len(sets)-1])
		got, err := continuations(t.Context(), c, prompts, 2)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range g.Continuations {
			if text := c.Tokenizer.Decode(got[i].Tokens); text != want.Theirs {
				t.Errorf("prompt %d is continued with %q, by llama.cpp with %q", i+1, text, want.Theirs)
			}
		}
	}
}
