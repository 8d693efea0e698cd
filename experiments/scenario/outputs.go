package scenario

import "github.com/assaylab/assay/loadgen/workload"

// Outputs are fixed prompts that every arm answers before it is measured, with the likeliest token each time, so that a later
// run's answers can be held against them.
type Outputs struct {
	Text         string // that prompts are drawn from, as written
	Prompts      int
	PromptTokens int
	Tokens       int // of an answer, at most
}

// Few and short: some seconds for each arm.
const (
	defaultOutputs      = 8
	defaultOutputTokens = 64
)

// outputs reads [outputs], nil where there is none. The text of the quality, or else of the first load, is the default.
func (r *reader) outputs(t *table, s *Scenario) *Outputs {
	c, ok := t.child("outputs")
	if !ok {
		return nil
	}
	text := ""
	switch {
	case s.Quality != nil:
		text = s.Quality.Text
	case len(s.Loads) > 0:
		text = s.Loads[0].Text
	}
	o := &Outputs{
		Text:         c.text("text", text),
		Prompts:      c.integer("prompts", defaultOutputs, 1, 1024),
		PromptTokens: c.integer("prompt_tokens", defaultOutputTokens, 1, workload.MaxLength),
		Tokens:       c.integer("tokens", defaultOutputTokens, 1, workload.MaxLength),
	}
	c.finish()
	return o
}
