package server

// usage counts a whole response's tokens: each prompt once, whatever n is, and the
// generated tokens of all choices, up to the stop string where one cut them.
type usage struct {
	PromptTokens      int                `json:"prompt_tokens"`
	CompletionTokens  int                `json:"completion_tokens"`
	TotalTokens       int                `json:"total_tokens"`
	PromptDetails     promptDetails      `json:"prompt_tokens_details"`
	CompletionDetails *completionDetails `json:"completion_tokens_details,omitempty"` // nil where nothing was drafted
}

type promptDetails struct {
	CachedTokens int `json:"cached_tokens"`
}

// completionDetails has OpenAI's names for predicted outputs. There, rejected tokens are counted, and
// billed, as completion tokens too; here they are not: it was the server that guessed.
type completionDetails struct {
	Accepted int `json:"accepted_prediction_tokens"` // drafted tokens that are part of the completion
	Rejected int `json:"rejected_prediction_tokens"` // drafted tokens that are not
}

// tally adds up a response's usage as its pieces come.
type tally struct {
	n         int // choices per prompt
	prompt    int
	generated int
	drafted   int
	stood     int   // of drafted, those that are part of a choice
	cached    []int // by prompt
}

func newTally(j *job) *tally {
	return &tally{n: j.request.n, prompt: j.promptTokens(), cached: make([]int, len(j.prompts))}
}

// add counts one piece. Of a prompt's n choices only the first tells what was
// cached: the others may find what the first has just put there.
func (t *tally) add(choice int, p piece) {
	t.generated += p.tokens
	t.drafted += p.drafted
	t.stood += p.stood
	if choice%t.n == 0 {
		of := &t.cached[choice/t.n]
		*of = max(*of, p.cached)
	}
}

func (t *tally) usage() *usage {
	u := &usage{PromptTokens: t.prompt, CompletionTokens: t.generated, TotalTokens: t.prompt + t.generated}
	for _, cached := range t.cached {
		u.PromptDetails.CachedTokens += cached
	}
	if t.drafted > 0 {
		u.CompletionDetails = &completionDetails{Accepted: t.stood, Rejected: t.drafted - t.stood}
	}
	return u
}
