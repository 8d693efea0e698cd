package sample

import "math"

// Scratch holds buffers that calls reuse, so that sampling allocates nothing once they
// have the vocabulary's size. One per goroutine; the zero value is ready.
type Scratch struct {
	weights []float64 // (vocabulary) unnormalised probabilities, or log-probabilities
	probs   []float32 // (vocabulary)
	heap    heap

	adjusted []float32 // (vocabulary) logits after bias and penalties
}

// Argmax returns the id of the largest logit, the lowest of equal ones. NaN never wins; when
// there is nothing but NaN, or nothing, it is 0.
func Argmax(logits []float32) int32 {
	best, at := float32(math.Inf(-1)), int32(-1)
	for i, l := range logits {
		if l > best || at < 0 && l == best {
			best, at = l, int32(i)
		}
	}
	return max(at, 0)
}

// Next returns the token at position, drawn from the logits (vocabulary) under p. Bias and
// penalties are not applied: logits are what Adjust gives.
func Next(logits []float32, p Params, position int, s *Scratch) int32 {
	if p.Greedy() {
		return Argmax(logits)
	}
	s.probs = resize(s.probs, len(logits))
	Distribution(s.probs, logits, p, s)
	return Draw(s.probs, Uniform(p.Seed, position, StreamToken))
}

// Draw returns the token at u in [0, 1) of the cumulative distribution, in the order of
// ids. Probabilities (vocabulary) that by rounding sum to less than u give the last
// token that has any; a token of probability 0 is never drawn.
func Draw(probs []float32, u float64) int32 {
	last, sum := 0, 0.0
	for i, p := range probs {
		if p <= 0 {
			continue
		}
		last = i
		if sum += float64(p); sum > u {
			break
		}
	}
	return int32(last)
}
