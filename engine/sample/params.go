package sample

// Params are a request's sampling settings. The zero value is greedy.
type Params struct {
	Temperature float32 // 0 is greedy; otherwise logits are divided by it
	TopK        int     // keep the k most likely; 0 keeps all
	TopP        float32 // keep the smallest set with at least this mass; 0 or 1 keeps all
	MinP        float32 // drop tokens below this share of the most likely one's probability; 0 drops none
	Seed        uint64

	Bias              []Bias  // added to logits; each token at most once
	RepetitionPenalty float32 // logits of tokens in prompt or answer are divided by it when positive, else multiplied; 0 and 1 change none
	FrequencyPenalty  float32 // taken off a token's logit once for each time that the answer has it
	PresencePenalty   float32 // taken off the logit of each token that the answer has

	Suppress      []int32 // tokens that are not drawn
	SuppressUntil int     // at positions below this one
}

// Bias changes one token's logit.
type Bias struct {
	Token int32
	Add   float32
}

// Greedy reports whether the most likely token is always taken.
func (p Params) Greedy() bool { return p.Temperature == 0 }

// Penalises reports whether what was said before changes the distribution, so that a
// History is needed.
func (p Params) Penalises() bool {
	return p.FrequencyPenalty != 0 || p.PresencePenalty != 0 || p.repeats()
}

func (p Params) repeats() bool { return p.RepetitionPenalty != 0 && p.RepetitionPenalty != 1 }

// adjusts reports whether Adjust changes anything at position.
func (p Params) adjusts(position int) bool {
	return len(p.Bias) > 0 || p.Penalises() || p.suppresses(position)
}

func (p Params) suppresses(position int) bool {
	return position < p.SuppressUntil && len(p.Suppress) > 0
}
