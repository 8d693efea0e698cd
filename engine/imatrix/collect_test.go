package imatrix_test

import (
	"context"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/imatrix"
	"github.com/assaylab/assay/engine/kernel"
)

func openModel(t *testing.T) *checkpoint.Checkpoint {
	kernels, err := kernel.ForMachine("")
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Open("../models/gopherling-2m-bf16.gguf", kernels)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestCollectAgreesWithLlamaCpp compares sums of squares over 1024 positions; see
// testdata/README.md.
func TestCollectAgreesWithLlamaCpp(t *testing.T) {
	want, err := imatrix.Open("testdata/gopherling-2m.gguf")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/text.txt")
	if err != nil {
		t.Fatal(err)
	}
	c := openModel(t)
	tokens := c.Tokenizer.Encode(string(text), true)
	var chunks [][]int32
	for i := range 4 {
		chunk := append([]int32{}, tokens[256*i:256*(i+1)]...)
		chunk[0] = c.Tokenizer.BOS()
		chunks = append(chunks, chunk)
	}
	got, err := imatrix.Collect(t.Context(), imatrix.Collection{File: c.File, Model: c.Model, Dataset: "text.txt", Chunks: chunks, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got.Chunks != want.Chunks || got.ChunkSize != want.ChunkSize || len(got.Entries) != len(want.Entries) {
		t.Errorf("%d matrices over %d chunks of %d, want %d over %d of %d", len(got.Entries), got.Chunks, got.ChunkSize, len(want.Entries), want.Chunks, want.ChunkSize)
	}
	for name, w := range want.Entries {
		g := got.Entries[name]
		if len(g.Sums) != len(w.Sums) || len(g.Counts) != 1 || g.Counts[0] != w.Counts[0] {
			t.Fatalf("%s: %d sums over %v rows, want %d over %v", name, len(g.Sums), g.Counts, len(w.Sums), w.Counts)
		}
		for i := range w.Sums {
			if math.Abs(float64(g.Sums[i]-w.Sums[i])) > 1e-4*float64(w.Sums[i]) {
				t.Errorf("%s: column %d has %g, want %g", name, i, g.Sums[i], w.Sums[i])
			}
		}
	}
}

func TestCollectStops(t *testing.T) {
	c := openModel(t)
	ctx, cancel := context.WithCancel(t.Context())
	chunk := make([]int32, 300)
	m, err := imatrix.Collect(ctx, imatrix.Collection{File: c.File, Model: c.Model, Chunks: [][]int32{chunk, chunk, chunk}, Threads: 1,
		Progress: func(done int) {
			if done == 2 {
				cancel()
			}
		}})
	if !errors.Is(err, context.Canceled) || m.Chunks != 2 || m.Entries["blk.0.attn_q.weight"].Counts[0] != 600 {
		t.Errorf("error %v after %d chunks", err, m.Chunks)
	}
}
