package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/tokenizer"
)

// compare fills a row: llama.cpp first, which leaves its predictions in a file, then
// this engine against that file.
func (b *bench) compare(ctx context.Context, s subject, row Row) (Row, error) {
	path, same, err := b.modelFile(ctx, s, row.Format)
	if err != nil {
		return row, err
	}
	row.SameBytes = same
	if row.SHA256, row.Bytes, err = hash(path); err != nil {
		return row, err
	}
	logits := filepath.Join(b.work, "logits")
	defer os.Remove(logits)
	theirs, err := b.tools.perplexity(ctx, path, filepath.Join(b.root, row.Text), row.Chunks, row.Cache == "f32", logits)
	if err != nil {
		return row, err
	}
	b.results.Feature = theirs.feature
	row.Running, row.Theirs = theirs.running, theirs.running[len(theirs.running)-1]
	if err := b.against(ctx, path, logits, &row, s.first); err != nil {
		return row, err
	}
	return row, b.remove(path)
}

// against runs this engine over the chunks that were saved and fills the rest of the
// row. The weights in F32, where they are something else, go along.
func (b *bench) against(ctx context.Context, path, logits string, row *Row, keepFirst bool) error {
	c, err := checkpoint.Open(path, b.kernels)
	if err != nil {
		return err
	}
	defer c.Close()
	windows, err := chunks(c.Tokenizer, filepath.Join(b.root, row.Text), row.Chunks)
	if err != nil {
		return err
	}
	subjects := []eval.Subject{{Model: c.Model, KVFormat: "f32"}}
	if !isFloat(row.Format) {
		wide, err := b.widened(ctx, path)
		if err != nil {
			return err
		}
		defer wide.Close()
		subjects = append(subjects, eval.Subject{Model: wide.Model, KVFormat: "f32"})
	}
	comparison := eval.Comparison{Subjects: subjects, BOS: startToken(c.Tokenizer), Threads: b.threads}
	values, err := againstSaved(ctx, comparison, logits, windows)
	if err != nil {
		return err
	}
	row.fill(values[0])
	if row.First = nil; keepFirst {
		row.First = firstChunk(values[0])
	}
	if len(subjects) == 1 {
		return nil
	}
	comparison.Reference, comparison.Subjects, comparison.Windows = subjects[1], subjects[:1], windows
	own, err := eval.Compare(ctx, comparison)
	if err != nil {
		return err
	}
	row.Exact = &Exact{Perplexity: perplexity(values[1].NLL), TheirsKL: mean(values[1].KL), OursKL: mean(own[0].KL)}
	return nil
}

// widened opens the weights of a file in F32. llama.cpp's tool widens them, and the
// file is gone once it is mapped.
func (b *bench) widened(ctx context.Context, path string) (*checkpoint.Checkpoint, error) {
	wide := filepath.Join(b.work, "wide.gguf")
	defer os.Remove(wide)
	if err := b.tools.quantize(ctx, path, wide, "F32"); err != nil {
		return nil, err
	}
	return checkpoint.Open(wide, b.kernels)
}

// againstSaved compares with the predictions in a file, after it has seen that they are
// of the same tokens.
func againstSaved(ctx context.Context, c eval.Comparison, logits string, windows []eval.Window) ([]eval.Values, error) {
	f, err := os.Open(logits)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if c.Saved, err = eval.ReadLogits(logits, f, info.Size()); err != nil {
		return nil, err
	}
	for i, w := range windows {
		if i >= len(c.Saved.Windows) || !slices.Equal(w.Tokens, c.Saved.Windows[i].Tokens) {
			return nil, fmt.Errorf("chunk %d has other tokens than llama.cpp's", i+1)
		}
	}
	return eval.Compare(ctx, c)
}

// chunks cuts a text as llama-perplexity does.
func chunks(t *tokenizer.Tokenizer, path string, n int) ([]eval.Window, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	windows, err := eval.Chunks(t.Encode(strings.TrimSuffix(string(text), "\n"), true), n, chunkTokens)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return windows, nil
}

// startToken is what stands in front of a text, -1 for nothing.
func startToken(t *tokenizer.Tokenizer) int32 {
	if ids := t.Encode("", true); len(ids) > 0 {
		return ids[0]
	}
	return -1
}

func (r *Row) fill(v eval.Values) {
	r.Ours = perplexity(v.NLL)
	kl := slices.Sorted(slices.Values(v.KL))
	r.MeanKL, r.P99KL, r.MaxKL = mean(kl), kl[len(kl)*99/100], kl[len(kl)-1]
	same := 0
	for _, s := range v.SameTop {
		if s {
			same++
		}
	}
	r.SameTop = float64(same) / float64(len(v.SameTop))
}

// nllUnit is what likelihoods are committed in.
const nllUnit = 1e-4

// firstChunk is the reference's side of the first chunk.
func firstChunk(v eval.Values) []int {
	var all []int
	for i, w := range v.Window {
		if w == 0 {
			all = append(all, int(math.Round(v.RefNLL[i]/nllUnit)))
		}
	}
	return all
}

func perplexity(nll []float64) float64 { return math.Exp(mean(nll)) }

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// open opens a file in a format other than its own, in memory, unless format is "".
func open(path, format string, search bool, kernels *kernel.Set) (*checkpoint.Checkpoint, error) {
	c, err := checkpoint.Open(path, kernels)
	if err != nil || format == "" {
		return c, err
	}
	defer c.Close()
	f, err := inMemory(c.File, format, search)
	if err != nil {
		return nil, err
	}
	return checkpoint.New(f, kernels)
}
