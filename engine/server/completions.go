package server

import "github.com/assaylab/assay/engine"

// completions is POST /v1/completions.
func (s *Server) completions() endpoint {
	return endpoint{fields: completionFields(), prompts: s.completionPrompts, shape: completionShape{s}, prefix: "cmpl-"}
}

// completionPrompts tokenizes texts as they are: a special token spelled out in a
// prompt stays text, and can be given by its id.
func (s *Server) completionPrompts(r *request) ([]prompt, *Error) {
	if r.prompts == nil {
		return nil, invalid("prompt", "prompt is missing.")
	}
	for i := range r.prompts {
		p := &r.prompts[i]
		given := p.ids != nil
		if !given {
			p.ids = s.tokenizer.Encode(p.text, true)
		}
		if e := s.checkPrompt(r, "prompt", p.ids); e != nil {
			return nil, e
		}
		if given && r.echo {
			p.text = s.tokenizer.Decode(p.ids)
		}
	}
	return r.prompts, nil
}

// completionShape writes text completions.
type completionShape struct{ s *Server }

// completionChoice is a choice, whole or as one message.
type completionChoice struct {
	Index    int                  `json:"index"`
	Text     string               `json:"text"`
	Logprobs *completionLogprobs  `json:"logprobs"`
	Finish   *engine.FinishReason `json:"finish_reason"`
}

func (completionShape) objects() (whole, chunk string) { return "text_completion", "text_completion" }
func (completionShape) opening(int) any                { return nil }
func (completionShape) defaultTokens() int             { return 16 }

func (c completionShape) chunk(choice int, p piece) any {
	return completionChoice{choice, p.text, c.s.completionLogprobs(p.logprobs), finishReason(p)}
}

func (c completionShape) whole(choice int, p piece) any { return c.chunk(choice, p) }
