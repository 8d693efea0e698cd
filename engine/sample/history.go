package sample

// History counts the tokens that penalties look at: those of the prompt and, apart from
// them, those generated. Tokens are pushed and taken back like a stack, so that the
// history before each drafted token can be had in turn. Not for concurrent use.
type History struct {
	state    []int32 // (vocabulary) inPrompt or 0, plus generatedOnce for each time generated
	distinct []int32 // the tokens whose state is not 0, in the order in which they first came
}

const (
	inPrompt      = 1
	generatedOnce = 2
)

// NewHistory holds a prompt's tokens, and has room for limit tokens in all without
// allocating. Vocabulary is one more than the largest token.
func NewHistory(vocabulary int, prompt []int32, limit int) *History {
	h := &History{state: make([]int32, vocabulary), distinct: make([]int32, 0, min(vocabulary, limit))}
	for _, t := range prompt {
		if h.state[t] == 0 {
			h.state[t] = inPrompt
			h.distinct = append(h.distinct, t)
		}
	}
	return h
}

// Push adds generated tokens. A nil History takes none.
func (h *History) Push(tokens ...int32) {
	if h == nil {
		return
	}
	for _, t := range tokens {
		if h.state[t] == 0 {
			h.distinct = append(h.distinct, t)
		}
		h.state[t] += generatedOnce
	}
}

// Pop takes back the tokens pushed last, given in the order of Push.
func (h *History) Pop(tokens ...int32) {
	if h == nil {
		return
	}
	for i := len(tokens) - 1; i >= 0; i-- {
		t := tokens[i]
		if h.state[t] -= generatedOnce; h.state[t] == 0 {
			h.distinct = h.distinct[:len(h.distinct)-1] // what came after it is gone already
		}
	}
}
