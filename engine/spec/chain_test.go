package spec

import (
	"math"

	"github.com/assaylab/assay/engine/sample"
)

const vocab = 5

// chain is a language model that looks at the last token only.
type chain [vocab][]float32 // (vocab) logits of the next token

// targets and drafts disagree about as much as a model and its draft do.
var (
	targets = chain{
		{1.2, .3, 0, -.5, .8}, {0, 1, .2, .7, -1}, {-.3, .4, 1.5, 0, .1}, {.6, .6, -.8, .2, 0}, {.1, -.2, .3, .9, .5},
	}
	drafts = chain{
		{.4, .9, .1, 0, .6}, {.5, .4, 0, 1.2, -.6}, {.2, 0, .9, .3, .3}, {0, 1.1, -.2, .1, .5}, {.7, 0, -.1, .8, .2},
	}
)

// next returns the distribution after token under p.
func (c *chain) next(token int32, p sample.Params) []float32 {
	probs := make([]float32, vocab)
	sample.Distribution(probs, c[token], p, new(sample.Scratch))
	return probs
}

// draft lets model d draw length tokens from position on, as a Proposer does, and
// returns them with the target's logits and the distributions they came from.
func (c chain) draft(d chain, last int32, length int, p sample.Params, position int) (target [][]float32, draft []int32, probs [][]float32) {
	target = append(target, c[last])
	for i := range length {
		from := d.next(last, p)
		last = sample.Draw(from, sample.Uniform(p.Seed, position+i, sample.StreamDraft))
		draft, probs, target = append(draft, last), append(probs, from), append(target, c[last])
	}
	return target, draft, probs
}

// greedyDraft is draft with the most likely token each time, which has no distribution.
func (c chain) greedyDraft(d chain, last int32, length int) (target [][]float32, draft []int32, probs [][]float32) {
	target = append(target, c[last])
	for range length {
		last = sample.Argmax(d[last])
		draft, probs, target = append(draft, last), append(probs, nil), append(target, c[last])
	}
	return target, draft, probs
}

// joint returns the probabilities of every first and second token after token 0.
func (c *chain) joint(p sample.Params) (first [vocab]float64, both [vocab * vocab]float64) {
	for a, pa := range c.next(0, p) {
		first[a] = float64(pa)
		for b, pb := range c.next(int32(a), p) {
			both[a*vocab+b] = float64(pa) * float64(pb)
		}
	}
	return first, both
}

// totalVariation is the probability mass that differs.
func totalVariation(p, q []float64) (d float64) {
	for i := range p {
		d += math.Abs(p[i]-q[i]) / 2
	}
	return d
}
