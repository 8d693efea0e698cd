package sample

import (
	"math"
	"slices"

	"github.com/assaylab/assay/engine/internal/invariant"
)

// Distribution sets dst (vocabulary) to the probabilities from which a token is drawn
// under p, given logits of the same length, at least one. They sum to 1 up to float32
// rounding; greedy gives a one at Argmax. The package's documentation states the order
// of the settings.
func Distribution(dst, logits []float32, p Params, s *Scratch) {
	best := Argmax(logits)
	largest := float64(logits[best])
	if p.Greedy() || largest != largest || math.IsInf(largest, -1) {
		clear(dst)
		dst[best] = 1
		return
	}
	s.setWeights(logits, largest, float64(p.Temperature))
	s.truncate(p)
	normalise(dst, s.weights)
	if invariant.Enabled {
		sum := total(dst)
		invariant.Check(math.Abs(sum-1) < 1e-5, "probabilities sum to %v", sum)
	}
}

// setWeights sets s.weights to exp((logit - largest) / temperature), so the most likely
// token weighs 1.
func (s *Scratch) setWeights(logits []float32, largest, temperature float64) {
	s.shift(logits, largest)
	for i, d := range s.weights {
		s.weights[i] = math.Exp(d / temperature)
	}
}

// shift sets s.weights to logit - largest: 0 also where both are infinite, and minus
// infinity for NaN.
func (s *Scratch) shift(logits []float32, largest float64) {
	s.weights = resize(s.weights, len(logits))
	for i, l := range logits {
		d := float64(l) - largest
		switch {
		case float64(l) == largest:
			d = 0
		case d != d:
			d = math.Inf(-1)
		}
		s.weights[i] = d
	}
}

// truncate sets the weights of tokens that top-k, top-p and min-p drop to 0.
func (s *Scratch) truncate(p Params) {
	if p.TopK > 0 && p.TopK < len(s.weights) {
		s.topK(p.TopK)
	}
	if p.TopP > 0 && p.TopP < 1 {
		s.topP(float64(p.TopP))
	}
	if p.MinP > 0 {
		s.minP(float64(p.MinP))
	}
}

// topK keeps the k largest weights.
func (s *Scratch) topK(k int) {
	s.heap.reset(s.weights)
	for range k {
		s.keep(s.heap.pop())
	}
	s.dropOthers()
}

// topP keeps the fewest largest weights that make up the share p of all.
func (s *Scratch) topP(p float64) {
	s.heap.reset(s.weights)
	enough, mass := p*total(s.weights), 0.0
	for mass < enough && s.heap.len() > 0 {
		id := s.heap.pop()
		mass += s.weights[id]
		s.keep(id)
	}
	s.dropOthers()
}

// minP drops weights below p; the largest is 1.
func (s *Scratch) minP(p float64) {
	for i, w := range s.weights {
		if w < p {
			s.weights[i] = 0
		}
	}
}

// keep marks a token popped from the heap by the sign, which no weight has.
func (s *Scratch) keep(id int32) { s.weights[id] = -s.weights[id] }

// dropOthers sets the weights that are not marked to 0 and takes the marks off.
func (s *Scratch) dropOthers() {
	for i, w := range s.weights {
		s.weights[i] = max(0, -w)
	}
}

// normalise sets dst to weights divided by their sum.
func normalise(dst []float32, weights []float64) {
	sum := total(weights)
	for i, w := range weights {
		dst[i] = float32(w / sum)
	}
}

// total sums in float64, in the order of ids.
func total[F float32 | float64](values []F) (sum float64) {
	for _, v := range values {
		sum += float64(v)
	}
	return sum
}

// resize returns a slice of n elements of any content, s itself when it is large enough.
func resize[E any](s []E, n int) []E {
	return slices.Grow(s[:0], n)[:n]
}
