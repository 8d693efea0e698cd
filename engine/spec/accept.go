package spec

import (
	"fmt"
	"slices"

	"github.com/assaylab/assay/engine/internal/invariant"
	"github.com/assaylab/assay/engine/sample"
)

// Scratch holds buffers that calls reuse. One per goroutine; the zero value is ready.
type Scratch struct {
	sample   sample.Scratch
	probs    []float32 // (vocabulary) the target's distribution
	residual []float32 // (vocabulary)
}

// Accept decides which drafted tokens stand and appends to dst those, then one
// more: the target's own token where a draft was rejected, or after the last draft.
//
// Target holds the logits (len(draft)+1 rows of the vocabulary) of the position of each
// draft and of the one after them. DraftProbs are the distributions that the drafts were
// drawn from; nil, or a nil entry, is a draft that was not drawn by chance, like a
// greedy one. Position is that of the first draft, as in sample.Next.
//
// The tokens follow the target's distribution under p exactly, whatever the drafts are:
// a draft x is accepted with probability min(1, target(x)/draft(x)), and in place of
// a rejected one a token is drawn from the normalised positive part of target - draft
// (Leviathan et al. 2023, "Fast inference from transformers via speculative
// decoding"; Chen et al. 2023, "Accelerating large language model decoding with
// speculative sampling"). Greedy accepts a draft while it is the argmax, so the output
// is what it is without drafts. Random numbers are a function of p.Seed and the position.
//
// The target's distribution at a draft is that after bias and penalties, given the drafts
// before it: h is what was said before the first, and is the same again afterwards. It may
// be nil where p does not penalise.
//
// Slices whose lengths contradict each other are a programming error and panic.
func Accept(dst []int32, target [][]float32, draft []int32, draftProbs [][]float32, p sample.Params, h *sample.History, position int, s *Scratch) []int32 {
	return s.accept(dst, target, draft, draftProbs, p, h, position, 0)
}

// accept is Accept, or with epsilon above 0 the rule of Typical.
func (s *Scratch) accept(dst []int32, target [][]float32, draft []int32, draftProbs [][]float32, p sample.Params, h *sample.History, position int, epsilon float64) []int32 {
	if len(target) != len(draft)+1 || draftProbs != nil && len(draftProbs) != len(draft) {
		panic(fmt.Sprintf("spec: %d drafts with %d rows of logits and %d draft distributions", len(draft), len(target), len(draftProbs)))
	}
	for i, token := range draft {
		var from []float32
		if draftProbs != nil {
			from = draftProbs[i]
		}
		judged := s.judge(sample.Adjust(target[i], p, h, position+i, &s.sample), token, from, p, position+i, epsilon)
		dst = append(dst, judged)
		if judged != token {
			h.Pop(draft[:i]...)
			return dst
		}
		h.Push(token)
	}
	last := position + len(draft)
	dst = append(dst, sample.Next(sample.Adjust(target[len(draft)], p, h, last, &s.sample), p, last, &s.sample))
	h.Pop(draft...)
	return dst
}

// judge returns the token that stands at the draft's position: the draft if it is accepted,
// otherwise another one, because the residual gives a rejected draft no probability. Epsilon is as accept has it.
func (s *Scratch) judge(logits []float32, draft int32, from []float32, p sample.Params, position int, epsilon float64) int32 {
	if p.Greedy() {
		return sample.Argmax(logits)
	}
	s.probs = resize(s.probs, len(logits))
	sample.Distribution(s.probs, logits, p, &s.sample)
	if epsilon > 0 {
		return s.judgeTypically(logits, draft, p, position, epsilon)
	}
	drafted := probability(from, draft)
	if invariant.Enabled {
		invariant.Check(drafted > 0, "draft %d has probability %v where it was drawn", draft, drafted)
	}
	u := sample.Uniform(p.Seed, position, sample.StreamAccept)
	if u*drafted < float64(s.probs[draft]) {
		return draft
	}
	s.setResidual(draft, from)
	return sample.Draw(s.residual, sample.Uniform(p.Seed, position, sample.StreamResidual))
}

// probability returns what the draft's distribution gives token.
func probability(from []float32, token int32) float64 {
	if from == nil {
		return 1
	}
	return float64(from[token])
}

// setResidual sets s.residual to the positive part of target - draft, normalised. A
// rejection means that there is one, except where the two distributions are equal up to
// rounding: then it is the target.
func (s *Scratch) setResidual(draft int32, from []float32) {
	s.residual = append(s.residual[:0], s.probs...)
	if from == nil {
		s.residual[draft] = 0
	}
	for i, q := range from {
		s.residual[i] = max(0, s.residual[i]-q)
	}
	sum := 0.0
	for _, r := range s.residual {
		sum += float64(r)
	}
	if sum == 0 {
		copy(s.residual, s.probs)
		return
	}
	for i, r := range s.residual {
		s.residual[i] = float32(float64(r) / sum)
	}
}

// resize returns a slice of n elements of any content, s itself when it is large enough.
func resize(s []float32, n int) []float32 {
	return slices.Grow(s[:0], n)[:n]
}
