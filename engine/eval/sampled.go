package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/assaylab/assay/engine/internal/par"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// Sampled is an answer that was drawn token by token after a prompt.
type Sampled struct {
	Prompt, Answer []int32 // at least one token of each
}

// SampledValues are how likely an answer's tokens were where they were drawn, by token.
//
// Tokens that are drawn from the subject's own distribution have a negative log-likelihood that is, given all
// before them, its entropy on average. Means of NLL - Entropy are then 0 but for chance, whatever is said and
// wherever answers end: the differences are those of a martingale. They are below 0 where likely tokens come more
// often than they should, and above where unlikely ones do.
type SampledValues struct {
	NLL     []float64 // nats, of the token
	Entropy []float64 // nats, of the distribution that it should have been drawn from
}

// Judge computes answers again and says how likely their tokens were under p, whose penalties are not looked at.
// Positions are computed as the engine computes them: those of prompts as such, and the others as generated ones.
func Judge(ctx context.Context, s Subject, answers []Sampled, p sample.Params, threads int, progress func(done int)) ([]SampledValues, error) {
	pool := par.New(threads)
	defer pool.Close()
	length := 1
	for i, a := range answers {
		if len(a.Prompt) == 0 || len(a.Answer) == 0 {
			return nil, fmt.Errorf("eval: answer %d: found %d tokens after a prompt of %d, expected at least 1 of each", i+1, len(a.Answer), len(a.Prompt))
		}
		length = max(length, len(a.Prompt)+len(a.Answer)-1)
	}
	state, err := newState(s, 1, length, pool)
	if err != nil {
		return nil, err
	}
	j := judging{subject: s, state: state, length: length, params: p, probs: make([]float32, s.Model.Vocab)}
	values := make([]SampledValues, len(answers))
	for i, a := range answers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if values[i], err = j.answer(a); err != nil {
			return nil, fmt.Errorf("eval: answer %d: %w", i+1, err)
		}
		if progress != nil {
			progress(i + 1)
		}
	}
	return values, nil
}

type judging struct {
	subject Subject
	state   *model.State
	pass    model.Pass
	length  int
	params  sample.Params
	scratch sample.Scratch
	probs   []float32 // (vocab)
}

func (j *judging) answer(a Sampled) (v SampledValues, err error) {
	n := len(a.Prompt)
	k := newKept(j.subject, n, j.length)
	judge := func(logits []float32) {
		at := len(v.NLL)
		nll, entropy := j.judge(logits, a.Answer[at])
		if math.IsInf(nll, 1) && err == nil {
			err = fmt.Errorf("token %d of it, %d, has no probability there", at, a.Answer[at])
		}
		v.NLL, v.Entropy = append(v.NLL, nll), append(v.Entropy, entropy)
	}
	chunks(0, a.Prompt[:n-1], func(from int, tokens []int32) { k.forward(j.state, &j.pass, from, tokens, true, nil) })
	k.forward(j.state, &j.pass, n-1, a.Prompt[n-1:], true, judge)
	chunks(n, a.Answer[:len(a.Answer)-1], func(from int, tokens []int32) { k.forward(j.state, &j.pass, from, tokens, false, judge) })
	return v, err
}

// chunks calls f with tokens, the first at position first, in pieces.
func chunks(first int, tokens []int32, f func(from int, tokens []int32)) {
	for from := 0; from < len(tokens); from += chunkRows {
		f(first+from, tokens[from:min(from+chunkRows, len(tokens))])
	}
}

// judge returns the negative log-likelihood of a token and the entropy, in nats.
func (j *judging) judge(logits []float32, token int32) (nll, entropy float64) {
	sample.Distribution(j.probs, logits, j.params, &j.scratch)
	for _, p := range j.probs {
		if p > 0 {
			entropy -= float64(p) * math.Log(float64(p))
		}
	}
	return -math.Log(float64(j.probs[token])), entropy
}
