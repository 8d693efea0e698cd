package spec

import (
	"math"

	"github.com/assaylab/assay/engine/sample"
)

// Typical is a rule of acceptance that gives up the target's distribution for more accepted drafts: a
// draft stands where the target does not find it unusual, that is where its probability exceeds
//
//	min(Epsilon, sqrt(Epsilon) * e^-H),
//
// H being the entropy of the target's distribution at that position, in nats. In place of a draft that
// does not, a token is drawn from the target. (Cai et al. 2024, "Medusa: Simple LLM Inference Acceleration
// Framework with Multiple Decoding Heads", section 2.3.1, whose delta is sqrt(Epsilon), as in the
// eta-sampling of Hewitt et al. 2022, "Truncation Sampling as Language Model Desmoothing".)
//
// A small Epsilon accepts nearly everything that p leaves possible. Whatever it is, tokens that drafts
// favour come more often than the target has them.
type Typical struct {
	Epsilon float64 // above 0, at most 1
}

// Accept is the package's Accept with this rule in place of the exact one. Greedy requests are exact: there
// a draft that is not the argmax changes the answer. Where the drafts come from does not matter, so that
// draftProbs are not looked at.
func (r Typical) Accept(dst []int32, target [][]float32, draft []int32, draftProbs [][]float32, p sample.Params, h *sample.History, position int, s *Scratch) []int32 {
	return s.accept(dst, target, draft, draftProbs, p, h, position, r.Epsilon)
}

// judgeTypically returns the draft where it is usual enough in s.probs. Otherwise it is the token that would have
// been drawn there without drafts, which may be the draft.
func (s *Scratch) judgeTypically(logits []float32, draft int32, p sample.Params, position int, epsilon float64) int32 {
	if x := float64(s.probs[draft]); x > epsilon || x > 0 && x > math.Sqrt(epsilon)*math.Exp(-entropy(s.probs)) {
		return draft
	}
	return sample.Next(logits, p, position, &s.sample)
}

// entropy is that of a distribution, in nats.
func entropy(probs []float32) (h float64) {
	for _, x := range probs {
		if x > 0 {
			h -= float64(x) * math.Log(float64(x))
		}
	}
	return h
}
