package server

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/sample"
)

// job is a request that passed all checks, ready for the engine. Its choices are
// numbered prompt by prompt: prompt p's i-th is p*n + i.
type job struct {
	id        string // of the completion, as the client sees it
	request   *request
	prompts   []prompt
	shape     shape
	client    *Client // nil where the server has no keys
	salt      uint64  // of the prefix cache
	arrived   time.Time
	submitted time.Time
	outcome   outcome
	counts    *tally
	group     *group // nil before it is submitted
}

func (j *job) choices() int { return len(j.prompts) * j.request.n }

func (j *job) promptTokens() (n int) {
	for _, p := range j.prompts {
		n += len(p.ids)
	}
	return n
}

// engineRequests are one per choice. Choice i of every prompt has seed + i, so that
// each can be asked again alone. The choices of one prompt are a group, which computes it once.
func (s *Server) engineRequests(j *job) []engine.Request {
	r := j.request
	var out []engine.Request
	for _, p := range j.prompts {
		base := engine.Request{Prompt: p.ids, MaxTokens: s.maxTokens(j, len(p.ids)), MinTokens: r.minTokens,
			IgnoreEOS: r.ignoreEOS, Salt: j.salt, Pin: r.pin(), StopTokens: r.stopTokens, Logprobs: r.engineLogprobs(), PromptLogprobs: r.promptLogprobs()}
		base.Waited = j.submitted.Sub(j.arrived)
		base.Priority, base.Drafts = r.priority, r.engineDrafts()
		if c := j.client; c != nil {
			base.Tenant, base.Weight, base.Priority = c.Tenant, c.Weight, c.Priority
			if r.prioritized {
				base.Priority = max(c.Priority, r.priority)
			}
		}
		if r.n > 1 {
			base.Group = s.groups.Add(1)
		}
		seed := s.seed(r)
		for i := range r.n {
			base.ID, base.Sampling = j.id+"-"+strconv.Itoa(len(out)), r.sampling(seed+uint64(i))
			out = append(out, base)
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
		MinP: float32(r.minP), Seed: seed, Bias: r.bias, PresencePenalty: float32(r.presence),
		FrequencyPenalty: float32(r.frequency), RepetitionPenalty: float32(r.repetition)}
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

// promptLogprobs is what an echo shows of the prompt's tokens. Where nothing else is to be
// computed, they are what the engine is asked for.
func (r *request) promptLogprobs() int {
	switch {
	case r.echo && r.logprobs:
		return r.engineLogprobs()
	case r.maxTokens != nil && *r.maxTokens == 0:
		return -1
	}
	return 0
}

// answers are one per choice of a job.
func (s *Server) answers(j *job) []*answer {
	out := make([]*answer, j.choices())
	for i := range out {
		a := newAnswer(s.tokenizer, j.request)
		p := j.prompts[i/j.request.n]
		if j.request.echo {
			a.echo = &p
		}
		c := &a.timing.choice
		c.Prompt, c.MaxTokens, c.Arrived, c.Submitted = len(p.ids), s.maxTokens(j, len(p.ids)), j.arrived, j.submitted
		out[i] = a
	}
	return out
}

// follow runs a job: it calls yield with each piece of each choice as it comes, and
// returns when all choices are finished. The group is closed by the caller.
func (s *Server) follow(ctx context.Context, j *job, g *group, yield func(choice int, p piece) error) error {
	answers := s.answers(j)
	defer s.conclude(j, answers)
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
		now := s.config.Now()
		a.timing.observe(s.metrics, next.event, p, now)
		j.outcome.add(p, next.event, now)
		j.counts.add(next.choice, p)
		if a.done {
			open--
			g.stop(next.choice)
		}
		if err := yield(next.choice, p); err != nil {
			return err
		}
	}
	return nil
}

// conclude tells the metrics how a job went.
func (s *Server) conclude(j *job, answers []*answer) {
	for _, a := range answers {
		if !a.done {
			a.timing.abandon(s.metrics)
		}
	}
	for first := 0; first < len(answers); first += j.request.n {
		most := 0
		for _, a := range answers[first : first+j.request.n] {
			most = max(most, a.timing.choice.Generated)
		}
		s.metrics.Answered(j.request.n, most)
	}
}
