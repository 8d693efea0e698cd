package sample

import "math"

// Adjust returns what p's bias and penalties make of logits (vocabulary) at position, given
// what h says came before: logits itself where they change nothing, otherwise s's own
// memory, valid until the next call with s. The package's documentation states the order.
// H may be nil where p does not penalise.
func Adjust(logits []float32, p Params, h *History, position int, s *Scratch) []float32 {
	if !p.adjusts(position) {
		return logits
	}
	s.adjusted = append(s.adjusted[:0], logits...)
	for _, b := range p.Bias {
		s.adjusted[b.Token] += b.Add
	}
	if p.Penalises() {
		h.penalise(s.adjusted, p)
	}
	if p.suppresses(position) {
		for _, t := range p.Suppress {
			s.adjusted[t] = float32(math.Inf(-1))
		}
	}
	return s.adjusted
}

// penalise costs the time of the distinct tokens, not of the vocabulary.
func (h *History) penalise(logits []float32, p Params) {
	repeats := p.repeats()
	for _, t := range h.distinct {
		if repeats {
			logits[t] = repeated(logits[t], p.RepetitionPenalty)
		}
		if n := h.state[t] / generatedOnce; n > 0 {
			logits[t] -= p.PresencePenalty + float32(n)*p.FrequencyPenalty
		}
	}
}

// repeated moves a logit away from being drawn (Keskar et al. 2019, "CTRL: a conditional
// transformer language model for controllable generation", with the sign taken into account).
func repeated(logit, penalty float32) float32 {
	if logit > 0 {
		return logit / penalty
	}
	return logit * penalty
}
