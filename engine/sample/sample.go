package sample

import (
	"math"
	"slices"
	"unsafe"
)

// Scratch holds buffers that calls reuse, so that sampling allocates nothing once they
// have the vocabulary's size. One per goroutine; the zero value is ready.
type Scratch struct {
	all     bool      // what weigh found is in weights, not in kept
	weights []float64 // (vocabulary)
	runs    []float64 // (vocabulary / run) sums of weights
	kept    []ranked  // tokens and their weights, in the order of ids
	ranking []ranked
	total   float64 // sum of the weights

	adjusted []float32 // (vocabulary) logits after bias and penalties
}

// Argmax returns the id of the largest logit, the lowest of equal ones. NaN never wins; when
// there is nothing but NaN, or nothing, it is 0.
func Argmax(logits []float32) int32 {
	best, at := float32(math.Inf(-1)), -1
	i := 0
	for ; i+8 <= len(logits); i += 8 {
		// From 0 on the bits, as integers, have the order of the numbers, but for NaN,
		// and comparing them costs half. Nearly always none is larger.
		x, b := (*[8]uint32)(unsafe.Pointer(&logits[i])), int32(math.Float32bits(best))
		if best >= 0 && int32(x[0]) <= b && int32(x[1]) <= b && int32(x[2]) <= b && int32(x[3]) <= b &&
			int32(x[4]) <= b && int32(x[5]) <= b && int32(x[6]) <= b && int32(x[7]) <= b {
			continue
		}
		best, at = better(logits[i:i+8], best, at, i)
	}
	best, at = better(logits[i:], best, at, i)
	if at < 0 { // nothing above minus infinity
		at = slices.Index(logits, best)
	}
	return int32(max(at, 0))
}

// better continues Argmax with x, whose first id is from.
func better(x []float32, best float32, at, from int) (float32, int) {
	for i, l := range x {
		if l > best {
			best, at = l, from+i
		}
	}
	return best, at
}

// Next returns the token at position, drawn from the logits (vocabulary) under p. Bias and
// penalties are not applied: logits are what Adjust gives. It is Draw from Distribution
// without that, but for the rounding of probabilities.
func Next(logits []float32, p Params, position int, s *Scratch) int32 {
	if p.Greedy() {
		return Argmax(logits)
	}
	best, only := s.weigh(logits, p)
	if only {
		return best
	}
	return s.draw(Uniform(p.Seed, position, StreamToken))
}

// draw returns the token at the share u of the weights.
func (s *Scratch) draw(u float64) int32 {
	mass := u * s.total
	if !s.all {
		for _, k := range s.kept {
			if mass -= k.key; mass < 0 {
				return k.id
			}
		}
		return s.kept[len(s.kept)-1].id // by rounding
	}
	from := 0
	for _, sum := range s.runs {
		if mass < sum {
			break
		}
		mass -= sum
		from += run
	}
	for i, w := range s.weights[min(from, len(s.weights)):] {
		if mass -= w; mass < 0 {
			return int32(from + i)
		}
	}
	for i := len(s.weights) - 1; ; i-- { // by rounding
		if s.weights[i] > 0 {
			return int32(i)
		}
	}
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
