package main

import (
	"context"
	"math"
	"path/filepath"

	"github.com/assaylab/assay/engine/eval"
)

// searched measures what the quantizer's longer search gains: the same F32 weights,
// quantized with and without it, over the same chunks.
func (b *bench) searched(ctx context.Context, s subject, format string) (Search, error) {
	out := Search{Model: s.name, Format: format, Text: s.text, Chunks: s.searchChunks}
	path, err := b.exactFile(ctx, s)
	if err != nil {
		return out, err
	}
	whole, err := open(path, "", false, b.kernels)
	if err != nil {
		return out, err
	}
	defer whole.Close()
	windows, err := chunks(whole.Tokenizer, filepath.Join(b.root, s.text), s.searchChunks)
	if err != nil {
		return out, err
	}
	c := eval.Comparison{
		Reference: eval.Subject{Model: whole.Model, KVFormat: "f32"}, Windows: windows,
		BOS: startToken(whole.Tokenizer), Threads: b.threads,
	}
	for _, search := range []bool{false, true} {
		q, err := open(path, format, search, b.kernels)
		if err != nil {
			return out, err
		}
		defer q.Close()
		c.Subjects = append(c.Subjects, eval.Subject{Model: q.Model, KVFormat: "f32"})
	}
	values, err := eval.Compare(ctx, c)
	if err != nil {
		return out, err
	}
	plain, searched := values[0], values[1]
	out.Whole, out.Plain, out.Searched = perplexity(plain.RefNLL), perplexity(plain.NLL), perplexity(searched.NLL)
	out.PlainKL, out.SearchedKL = mean(plain.KL), mean(searched.KL)
	out.Change, out.Error = paired(plain, searched, len(windows))
	return out, nil
}

// paired is the mean over chunks of what b's tokens cost more than a's, and its
// standard error.
func paired(a, b eval.Values, windows int) (change, standardError float64) {
	sum, n := make([]float64, windows), make([]float64, windows)
	for i, w := range a.Window {
		sum[w] += b.NLL[i] - a.NLL[i]
		n[w]++
	}
	for w := range sum {
		sum[w] /= n[w]
	}
	change = mean(sum)
	squares := 0.0
	for _, v := range sum {
		squares += (v - change) * (v - change)
	}
	return change, math.Sqrt(squares / float64(windows-1) / float64(windows))
}
