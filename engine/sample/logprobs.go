package sample

import "math"

// Logprob is a token and its log-probability in nats.
type Logprob struct {
	Token   int32
	Logprob float32
}

// Logprobs returns the log-probability of chosen, and those of the n most likely tokens,
// most likely first, appended to dst[:0]. They are of the softmax of the logits as they
// are: no sampling setting applies.
func Logprobs(dst []Logprob, logits []float32, chosen int32, n int, s *Scratch) (chosenLogprob float32, top []Logprob) {
	s.setLogprobs(logits)
	top = dst[:0]
	if n = min(n, len(logits)); n > 0 {
		s.heap.reset(s.weights)
	}
	for range n {
		id := s.heap.pop()
		top = append(top, Logprob{Token: id, Logprob: float32(s.weights[id])})
	}
	return float32(s.weights[chosen]), top
}

// setLogprobs sets s.weights to the logarithm of the softmax of logits. The largest logit
// is taken off first and the logarithm of the sum last, which keeps their digits.
func (s *Scratch) setLogprobs(logits []float32) {
	s.shift(logits, float64(logits[Argmax(logits)]))
	sum := 0.0
	for _, d := range s.weights {
		sum += math.Exp(d)
	}
	if sum == 0 { // nothing but NaN, so all is minus infinity already
		return
	}
	norm := math.Log(sum)
	for i := range s.weights {
		s.weights[i] -= norm
	}
}
