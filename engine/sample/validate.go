package sample

import (
	"errors"
	"fmt"
	"math"
)

// Validate returns an error that names every setting out of range, what it is and
// what is allowed.
func (p Params) Validate() error {
	var errs []error
	if t := float64(p.Temperature); !(t >= 0) || math.IsInf(t, 0) {
		errs = append(errs, fmt.Errorf("temperature is %v; allowed: 0 (greedy) or any finite number above", p.Temperature))
	}
	if p.TopK < 0 {
		errs = append(errs, fmt.Errorf("top_k is %d; allowed: 0 (keeps all) or more", p.TopK))
	}
	if !(p.TopP >= 0 && p.TopP <= 1) {
		errs = append(errs, fmt.Errorf("top_p is %v; allowed: 0 to 1 (both keep all)", p.TopP))
	}
	if !(p.MinP >= 0 && p.MinP <= 1) {
		errs = append(errs, fmt.Errorf("min_p is %v; allowed: 0 (drops none) to 1", p.MinP))
	}
	return errors.Join(append(errs, p.validateAdjust())...)
}

func (p Params) validateAdjust() error {
	var errs []error
	for _, penalty := range []struct {
		name  string
		value float32
	}{{"frequency_penalty", p.FrequencyPenalty}, {"presence_penalty", p.PresencePenalty}} {
		if !(penalty.value >= -2 && penalty.value <= 2) {
			errs = append(errs, fmt.Errorf("%s is %v; allowed: -2 to 2", penalty.name, penalty.value))
		}
	}
	if r := float64(p.RepetitionPenalty); !(r >= 0) || math.IsInf(r, 0) {
		errs = append(errs, fmt.Errorf("repetition_penalty is %v; allowed: above 0 (1, and 0, change nothing)", p.RepetitionPenalty))
	}
	for _, b := range p.Bias {
		if !(b.Add >= -100 && b.Add <= 100) {
			errs = append(errs, fmt.Errorf("logit_bias of token %d is %v; allowed: -100 to 100", b.Token, b.Add))
		}
	}
	return errors.Join(errs...)
}

// ValidateTokens returns an error that names a token of p that a vocabulary of that
// size does not have.
func (p Params) ValidateTokens(vocabulary int) error {
	for _, b := range p.Bias {
		if b.Token < 0 || int(b.Token) >= vocabulary {
			return fmt.Errorf("logit_bias names token %d; there are 0 to %d", b.Token, vocabulary-1)
		}
	}
	for _, t := range p.Suppress {
		if t < 0 || int(t) >= vocabulary {
			return fmt.Errorf("suppressed token %d does not exist; there are 0 to %d", t, vocabulary-1)
		}
	}
	return nil
}
