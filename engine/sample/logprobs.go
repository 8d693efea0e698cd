package sample

import (
	"math"
	"slices"
)

// Logprob is a token and its log-probability in nats.
type Logprob struct {
	Token   int32
	Logprob float32
}

// Logprobs returns the log-probability of chosen, and those of the n most likely tokens,
// most likely first, appended to dst[:0]. They are of the softmax of the logits as they
// are: no sampling setting applies.
func Logprobs(dst []Logprob, logits []float32, chosen int32, n int, s *Scratch) (chosenLogprob float32, top []Logprob) {
	norm := s.newNorm(logits)
	top = dst[:0]
	if n = min(n, len(logits)); n <= 0 {
		return norm.logprob(logits[chosen]), top
	}
	s.kept = largest(s.kept, logits, n)
	slices.SortFunc(s.kept, byRank)
	for _, k := range s.kept {
		top = append(top, Logprob{Token: k.id, Logprob: norm.logprob(float32(k.key))})
	}
	for i := 0; len(top) < n; i++ { // those left are impossible
		if !(logits[i] > float32(math.Inf(-1))) {
			top = append(top, Logprob{Token: int32(i), Logprob: float32(math.Inf(-1))})
		}
	}
	return norm.logprob(logits[chosen]), top
}

// norm makes logits into log-probabilities. The largest logit is taken off first and the
// logarithm of the sum last, which keeps their digits.
type norm struct {
	largest float32
	sum     float64 // logarithm of the sum of exp(logit - largest)
}

func (s *Scratch) newNorm(logits []float32) norm {
	n := norm{largest: logits[Argmax(logits)]}
	if math.IsInf(float64(n.largest), 1) {
		s.keepInfinite(logits, 0)
	} else {
		s.weighAll(logits, newWeigher(n.largest, 1))
	}
	n.sum = math.Log(s.total)
	return n
}

func (n norm) logprob(logit float32) float32 {
	switch {
	case logit != logit || math.IsInf(float64(logit), -1):
		return float32(math.Inf(-1))
	case logit == n.largest:
		return float32(-n.sum)
	}
	return float32(float64(logit) - float64(n.largest) - n.sum)
}
