package engine

import (
	"github.com/assaylab/assay/engine/sample"
	"github.com/assaylab/assay/engine/sched"
)

// TokenLogprobs are the log-probabilities (nats, of the unmodified distribution) at one position.
type TokenLogprobs struct {
	Token   int32
	Logprob float32
	Top     []TokenLogprob // most likely first
}

// TokenLogprob is one alternative.
type TokenLogprob struct {
	Token   int32
	Logprob float32
}

// logprobs says what the logits of a position give to chosen and to the n most likely tokens.
func (l *loop) logprobs(logits []float32, chosen int32, n int) TokenLogprobs {
	p, top := sample.Logprobs(l.logprob[:0], logits, chosen, max(n, 0), &l.sampling)
	l.logprob = top
	out := TokenLogprobs{Token: chosen, Logprob: p}
	for _, t := range top {
		out.Top = append(out.Top, TokenLogprob{t.Token, t.Logprob})
	}
	return out
}

// scoredBytes bounds the logits of the prompt positions that one step may hold: a large
// vocabulary has a megabyte of them for each.
const scoredBytes = 64 << 20

// scoredRows is how many prompt positions of one request a step may score.
func scoredRows(vocabulary int) int { return max(1, scoredBytes/4/vocabulary) }

// scored returns the positions [from, to) of an item whose logits say how likely the
// prompt's next token is, and that were not asked yet. After preemption some were.
func (s *Stream) scored(it *sched.Item) (from, to int) {
	if s.req.PromptLogprobs == 0 {
		return it.From, it.From
	}
	from = max(it.From, len(s.prompt))
	return from, max(from, min(it.To, it.Seq.Prompt-1))
}

// score takes the log-probabilities of the prompt tokens that follow positions [from, to),
// whose logits begin at row.
func (l *loop) score(s *Stream, from, to, row int) {
	for p := from; p < to; p++ {
		s.prompt = append(s.prompt, l.logprobs(l.pass.Row(row+p-from), s.seq.Tokens[p+1], s.req.PromptLogprobs))
	}
	if len(s.prompt) == len(s.req.Prompt)-1 { // after preemption, the cache may be used
		s.seq.Uncached = false
	}
}
