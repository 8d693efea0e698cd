package server

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/sample"
)

// job is a request that passed all checks, ready for the engine. Its choices are
// numbered prompt by prompt: prompt p's i-th is p*n + i.
type job struct {
	id      string // of the completion, as the client sees it
	request *request
	prompts [][]int32
	shape   shape
	arrived time.Time
}

// engineRequests are one per choice. Choice i of every prompt has seed + i, so that
// each can be asked again alone.
func (s *Server) engineRequests(j *job) []engine.Request {
	var out []engine.Request
	for _, prompt := range j.prompts {
		seed := s.seed(j.request)
		for i := range j.request.n {
			out = append(out, engine.Request{
				ID:        j.id + "-" + strconv.Itoa(len(out)),
				Prompt:    prompt,
				MaxTokens: s.maxTokens(j, len(prompt)),
				IgnoreEOS: j.request.ignoreEOS,
				Sampling:  j.request.sampling(seed + uint64(i)),
				Logprobs:  j.request.engineLogprobs(),
			})
		}
	}
	return out
}

func (s *Server) seed(r *request) uint64 {
	if r.seed != nil {
		return uint64(*r.seed)
	}
	return s.config.NewSeed()
}

// maxTokens is what was asked, else the shape's default within the context.
func (s *Server) maxTokens(j *job, promptTokens int) int {
	if j.request.maxTokens != nil {
		return *j.request.maxTokens
	}
	most := math.MaxInt32 // without a known context, the engine's own bound remains
	if s.config.Context > 0 {
		most = s.config.Context - promptTokens
	}
	if d := j.shape.defaultTokens(); d > 0 {
		return min(d, most)
	}
	return most
}

func (r *request) sampling(seed uint64) sample.Params {
	return sample.Params{Temperature: float32(r.temperature), TopK: r.topK, TopP: float32(r.topP),
		MinP: float32(r.minP), Seed: seed}
}

// engineLogprobs is the engine's convention: -1 for the chosen token alone.
func (r *request) engineLogprobs() int {
	switch {
	case !r.logprobs:
		return 0
	case r.topLogprobs == nil || *r.topLogprobs == 0:
		return -1
	}
	return *r.topLogprobs
}

// checkPrompt refuses a prompt that the engine could not run. An answer that the
// context would cut short is refused too where its length was asked for.
func (s *Server) checkPrompt(r *request, param string, ids []int32) *Error {
	if len(ids) == 0 {
		return invalid(param, "%s: the prompt has no tokens; expected at least one.", param)
	}
	for i, id := range ids {
		if int(id) >= s.tokenizer.Size() || id < 0 {
			return invalid(param, "%s: token id %d at position %d is outside the vocabulary of %d tokens.",
				param, id, i, s.tokenizer.Size())
		}
	}
	return s.checkLength(r, param, len(ids))
}

func (s *Server) checkLength(r *request, param string, promptTokens int) *Error {
	limit := s.config.Context
	asked := 1 // there must be room for a token
	if r.maxTokens != nil {
		asked = *r.maxTokens
	}
	if limit == 0 || asked <= limit-promptTokens {
		return nil
	}
	message := fmt.Sprintf("The context is %d tokens long; the prompt has %d tokens, and %d more are asked for, together %d.",
		limit, promptTokens, asked, promptTokens+asked)
	return &Error{http.StatusBadRequest, message, typeInvalid, param, codeTooLong}
}

// follow runs a job: it calls yield with each piece of each choice as it comes, and
// returns when all choices are finished. The group is closed by the caller.
func (s *Server) follow(ctx context.Context, j *job, g *group, yield func(choice int, p piece) error) error {
	answers := make([]*answer, len(g.cancels))
	for i := range answers {
		answers[i] = newAnswer(s.tokenizer, j.request.stop, j.arrived)
	}
	for open := len(answers); open > 0; {
		next, err := g.next(ctx)
		if err != nil {
			return err
		}
		a := answers[next.choice]
		if a.done {
			continue
		}
		if next.err != nil {
			return next.err
		}
		if next.event.Finish == engine.FinishAbort {
			return errAborted()
		}
		p := a.push(next.event)
		a.timing.observe(s.metrics, p, s.config.Now())
		if a.done {
			open--
			g.drop(next.choice)
		}
		if err := yield(next.choice, p); err != nil {
			return err
		}
	}
	return nil
}
