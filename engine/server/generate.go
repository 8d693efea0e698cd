package server

import (
	"context"
	"net/http"

	"github.com/assaylab/assay/engine"
)

// endpoint is what the two generating endpoints differ in.
type endpoint struct {
	fields  map[string]field
	prompts func(r *request) ([]prompt, *Error) // tokenized and checked
	shape   shape
	prefix  string // of the completion's id
}

// generate makes the handler of an endpoint.
func (s *Server) generate(e endpoint) handler {
	return func(w *response, r *http.Request) {
		arrived := s.config.Now()
		m := s.newMetered(w, r, arrived)
		defer m.end()
		if m.refusal != nil {
			s.writeError(w, m.refusal)
			return
		}
		if !s.running.enter() {
			s.writeError(w, errDraining())
			return
		}
		defer s.running.leave()
		if err := s.backend.Refuses(s.early(w.client)); err != nil { // before the work of reading it
			s.writeError(w, asError(err))
			return
		}
		j, refusal := s.prepare(w, r, e)
		if refusal != nil {
			s.writeError(w, refusal)
			return
		}
		j.id, j.arrived, j.submitted = e.prefix+w.id, arrived, s.config.Now()
		m.job = j
		defer func() { w.about = j.outcome.attributes(j, s.config.Model) }()
		s.run(w, r, j)
	}
}

// early is what is known of a client's request before it is read.
func (s *Server) early(c *Client) (r engine.Request) {
	if c != nil {
		r.Tenant, r.Priority = c.Tenant, c.Priority
	}
	return r
}

// prepare reads and checks a request up to what only the engine can say.
func (s *Server) prepare(w *response, r *http.Request, e endpoint) (*job, *Error) {
	asked, refusal := s.read(w, r, e.fields)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := asked.check(); refusal != nil {
		return nil, refusal
	}
	if refusal := s.checkModel(asked.model); refusal != nil {
		return nil, refusal
	}
	if refusal := s.checkPin(asked); refusal != nil {
		return nil, refusal
	}
	prompts, refusal := e.prompts(asked)
	if refusal != nil {
		return nil, refusal
	}
	j := &job{request: asked, prompts: prompts, shape: e.shape, client: w.client, salt: s.salt(w.client, asked)}
	j.counts = newTally(j)
	return j, s.checkJob(j)
}

// read decodes a request's body by a table of fields.
func (s *Server) read(w *response, r *http.Request, fields map[string]field) (*request, *Error) {
	body, refusal := s.readBody(w, r)
	if refusal != nil {
		return nil, refusal
	}
	return decode(body, fields)
}

// run submits a job and writes its answer.
func (s *Server) run(w *response, r *http.Request, j *job) {
	g, err := submit(r.Context(), s.backend, s.engineRequests(j))
	if err != nil {
		if r.Context().Err() == nil {
			s.fail(j, err)
			s.writeError(w, asError(err))
		}
		return
	}
	defer g.close()
	j.group = g
	if j.request.stream {
		s.stream(r.Context(), w, j, g)
		return
	}
	s.whole(r.Context(), w, j, g)
}

// fail logs what went wrong on our side; a full queue is no fault.
func (s *Server) fail(j *job, err error) {
	e := asError(err)
	j.outcome.failed = e.Code
	if e.Status == http.StatusInternalServerError {
		s.config.Logger.Error("request failed", "completion", j.id, "code", e.Code, "cause", err)
	}
}

// whole answers in one piece.
func (s *Server) whole(ctx context.Context, w *response, j *job, g *group) {
	pieces := make([]piece, len(g.cancels))
	err := s.follow(ctx, j, g, func(choice int, p piece) error {
		pieces[choice].extend(p)
		return nil
	})
	switch {
	case ctx.Err() != nil: // nobody is there to answer
		j.outcome.left = true
		return
	case err != nil:
		s.fail(j, err)
		s.writeError(w, asError(err))
		return
	}
	object, _ := j.shape.objects()
	answer := s.envelope(j, object)
	for choice, p := range pieces {
		answer.Choices = append(answer.Choices, j.shape.whole(choice, p))
	}
	answer.Usage = marshal(j.counts.usage())
	writeJSON(w, http.StatusOK, answer)
}
