package main

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/engine/quant"
)

// Bounds of the comparison. The quantized ones are wider because the engines round
// activations differently, see docs/reference.md; those of F16 and BF16 because
// llama.cpp rounds activations to these formats, and this engine does not.
const (
	floatPerplexity     = 0.001 // relative
	quantizedPerplexity = 0.005
	exactKL             = 1e-6 // mean, nats: F32
	halfKL              = 1e-4 // F16, BF16
	quantizedKL         = 1e-3
	minGreedyPrompts    = 50 // whose continuations have all greedyTokens
)

// isFloat says whether nothing but floats is stored.
func isFloat(format string) bool {
	f, err := quant.ByName(format)
	return err == nil && f.BlockElems == 1
}

// bounds are the largest relative difference of perplexity, and mean KL divergence in nats,
// that a format may have.
func bounds(format string) (perplexity, kl float64) {
	switch {
	case format == "F32":
		return floatPerplexity, exactKL
	case isFloat(format):
		return floatPerplexity, halfKL
	}
	return quantizedPerplexity, quantizedKL
}

// asNear is how much farther than llama.cpp's this engine's predictions may be from the
// exact ones to count as equally near: what chance does to the mean.
const asNear = 1.05

// nearer says whether this engine's predictions are as near as llama.cpp's to what the
// file's weights give when no activation is rounded. Two roundings that are each
// farther from the exact answer than the bound cannot both keep it towards each other.
func (r Row) nearer() bool { return r.Exact != nil && r.Exact.OursKL <= asNear*r.Exact.TheirsKL }

// chance is two standard errors of the perplexity's relative difference: log-likelihoods
// whose mean divergence is KL scatter by about sqrt(2 KL) a token.
func (r Row) chance() float64 {
	return 2 * math.Sqrt(2*r.MeanKL/float64(r.Chunks*(r.Length-1-r.Length/2)))
}

// right says whether this engine's perplexity is within a bound of what the file's
// weights give when no activation is rounded: then it is llama.cpp's that is off.
func (r Row) right(bound float64) bool {
	return r.Exact != nil && math.Abs(r.Ours/r.Exact.Perplexity-1) <= bound
}

// broken lists the bounds that the row breaks. Where the engines differ by more than
// the bound, the one that is nearer to the exact answer is right.
func (r Row) broken() []string {
	var all []string
	perplexity, kl := bounds(r.Format)
	if d := r.difference(); !(math.Abs(d) <= perplexity+r.chance()) && !r.right(perplexity) {
		all = append(all, fmt.Sprintf("%s: perplexity differs by %+.3f %%, at most %g %%", r.job(), 100*d, 100*perplexity))
	}
	if !(r.MeanKL < kl) && !r.nearer() {
		all = append(all, fmt.Sprintf("%s: mean KL divergence is %.3g nats, less than %g is wanted", r.job(), r.MeanKL, kl))
	}
	if r.SameBytes != nil && !*r.SameBytes {
		all = append(all, r.job()+": the file differs from llama-quantize's")
	}
	return all
}

// broken lists the bounds that the continuations break.
func (g Greedy) broken() []string {
	var all []string
	for i, c := range g.Continuations {
		if c.Ours != "" {
			all = append(all, fmt.Sprintf("%s: prompt %d is continued with %q, by llama.cpp with %q", g.job(), i+1, c.Ours, c.Theirs))
		}
	}
	if whole := g.Whole(); whole < minGreedyPrompts {
		all = append(all, fmt.Sprintf("%s: %d continuations have %d tokens, at least %d are wanted", g.job(), whole, greedyTokens, minGreedyPrompts))
	}
	return all
}
