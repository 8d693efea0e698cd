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
	norm := s.logSumExp(logits)
	top = dst[:0]
	if n = min(n, len(logits)); n > 0 {
		s.heap.reset(s.weights)
	}
	for range n {
		id := s.heap.pop()
		top = append(top, Logprob{Token: id, Logprob: s.logprob(id, norm)})
	}
	return s.logprob(chosen, norm), top
}

// logSumExp sets s.weights to the logits, NaN as minus infinity, and returns the
// logarithm of the sum of their exponentials.
func (s *Scratch) logSumExp(logits []float32) float64 {
	s.weights = resize(s.weights, len(logits))
	largest := math.Inf(-1)
	for i, l := range logits {
		s.weights[i] = float64(l)
		if l != l {
			s.weights[i] = math.Inf(-1)
		}
		largest = max(largest, s.weights[i])
	}
	if math.IsInf(largest, 0) {
		return largest
	}
	sum := 0.0
	for _, l := range s.weights {
		sum += math.Exp(l - largest)
	}
	return largest + math.Log(sum)
}

// logprob returns the log-probability of a token under the norm of logSumExp.
func (s *Scratch) logprob(id int32, norm float64) float32 {
	l := s.weights[id]
	if math.IsInf(l, -1) {
		return float32(l)
	}
	return float32(l - norm)
}
