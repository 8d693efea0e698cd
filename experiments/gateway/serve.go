package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/v1/chat/completions" || path == "/v1/completions":
		g.only(w, r, http.MethodPost, g.complete)
	case path == "/v1/models":
		g.only(w, r, http.MethodGet, g.keyed(g.models))
	case strings.HasPrefix(path, "/v1/models/"):
		g.only(w, r, http.MethodGet, g.keyed(g.model))
	case path == "/health":
		g.only(w, r, http.MethodGet, g.health)
	case path == "/version":
		g.only(w, r, http.MethodGet, func(w http.ResponseWriter, _ *http.Request) {
			reply(w, http.StatusOK, map[string]string{"version": g.config.Version})
		})
	case path == "/stats":
		g.only(w, r, http.MethodGet, g.keyed(g.stats))
	case path == "/metrics":
		g.only(w, r, http.MethodGet, g.metrics.handler().ServeHTTP)
	default:
		fail(w, &Refusal{http.StatusNotFound, "There is nothing at " + path + ".", "invalid_request_error", "", "not_found"})
	}
}

func (g *Gateway) only(w http.ResponseWriter, r *http.Request, method string, h http.HandlerFunc) {
	if r.Method != method && (method != http.MethodGet || r.Method != http.MethodHead) {
		w.Header().Set("Allow", method)
		fail(w, &Refusal{http.StatusMethodNotAllowed, fmt.Sprintf("%s is for %s.", r.URL.Path, method), "invalid_request_error", "", "method_not_allowed"})
		return
	}
	h(w, r)
}

func reply(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("gateway: %v", err)) // plain data
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

func fail(w http.ResponseWriter, e *Refusal) { reply(w, e.Status, e) }

// models lists the ladder as the one model that it is to clients.
func (g *Gateway) models(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]any{"object": "list", "data": []any{g.card()}})
}

func (g *Gateway) card() map[string]any {
	return map[string]any{"id": g.ladder.Name, "object": "model", "created": g.born.Unix(), "owned_by": "assay"}
}

func (g *Gateway) model(w http.ResponseWriter, r *http.Request) {
	if name := strings.TrimPrefix(r.URL.Path, "/v1/models/"); name != g.ladder.Name {
		fail(w, g.unknown(name))
		return
	}
	reply(w, http.StatusOK, g.card())
}

func (g *Gateway) unknown(name string) *Refusal {
	return &Refusal{http.StatusNotFound, fmt.Sprintf("There is no model %q here; served: %q.", name, g.ladder.Name), "invalid_request_error", "model", "model_not_found"}
}

// health is 200 once the servers are there, and as long as one of them can be asked.
func (g *Gateway) health(w http.ResponseWriter, _ *http.Request) {
	select {
	case <-g.ready:
	default:
		fail(w, unavailable("Servers are being started.", "starting"))
		return
	}
	g.mu.Lock()
	available := g.control.Available(g.config.Now())
	g.mu.Unlock()
	if !available {
		fail(w, unavailable("No server of the ladder can be asked.", "no_server"))
		return
	}
	reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

func unavailable(message, code string) *Refusal {
	return &Refusal{http.StatusServiceUnavailable, message, "server_error", "", code}
}

// stats is what the lab reads of a system under test: requests that are in flight. What engines count is theirs to tell.
func (g *Gateway) stats(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var waiting, running int
	for i := range g.backends {
		a, b := g.control.InFlight(i)
		waiting, running = waiting+a, running+b
	}
	reply(w, http.StatusOK, map[string]int{"Waiting": waiting, "Running": running})
}

// exchange is one request of a client.
type exchange struct {
	*Gateway
	w       http.ResponseWriter
	r       *http.Request
	asked   *asked
	team    string
	arrived time.Time
	query   Request
	note    note
}

// complete serves the two endpoints that generate.
func (g *Gateway) complete(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Gateway: g, w: w, r: r, arrived: g.config.Now()}
	if refusal := x.read(); refusal != nil {
		g.metrics.refused.WithLabelValues(refusal.Code).Inc()
		w.Header().Set(HeaderRung, refusedRung)
		fail(w, refusal)
		return
	}
	x.note = note{Seq: sequence(r), ID: r.Header.Get("X-Request-Id"), Team: x.team}
	x.query = Request{Prompt: g.tokens(x.asked.bytes), Output: x.asked.tokens, Team: x.team, Whole: !x.asked.stream}
	defer func() { g.trace.write(x.arrived, x.note) }() // also when the connection is cut
	x.climb()
}

// sequence is the number that a load generator gave the request.
func sequence(r *http.Request) *uint64 {
	n, err := strconv.ParseUint(r.Header.Get("X-Vegeta-Seq"), 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// read checks the key, reads the body and finds the team.
func (x *exchange) read() *Refusal {
	team, refusal := x.authorize(x.r)
	if refusal != nil {
		x.w.Header().Set("WWW-Authenticate", "Bearer")
		return refusal
	}
	control := http.NewResponseController(x.w)
	_ = control.SetReadDeadline(time.Now().Add(x.config.Patience)) // not supported off the network, nor needed
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, x.config.MaxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &Refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("The request body is larger than %d bytes.", large.Limit), "invalid_request_error", "", "body_too_large"}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Refusal{http.StatusRequestTimeout, "The request body took too long.", "invalid_request_error", "", "body_too_slow"}
	case err != nil:
		return &Refusal{http.StatusBadRequest, "The request body could not be read.", "invalid_request_error", "", "bad_body"}
	}
	_ = control.SetReadDeadline(time.Time{})
	if x.asked, refusal = parse(body); refusal != nil {
		return refusal
	}
	if x.asked.model != x.ladder.Name {
		return x.unknown(x.asked.model)
	}
	switch {
	case x.config.Teams != nil:
		x.team = team
	case x.r.Header.Get(HeaderTeam) != "":
		x.team = x.r.Header.Get(HeaderTeam)
	default:
		x.team = x.asked.user
	}
	return nil
}

// keyed is a handler for those who have a key, where keys are asked for.
func (g *Gateway) keyed(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, refusal := g.authorize(r); refusal != nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, refusal)
			return
		}
		h(w, r)
	}
}

// authorize finds the team of a key, where keys are asked for.
func (g *Gateway) authorize(r *http.Request) (string, *Refusal) {
	if g.config.Teams == nil {
		return "", nil
	}
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", &Refusal{http.StatusUnauthorized, "An API key is needed; send the header Authorization: Bearer KEY.", "invalid_request_error", "", "missing_api_key"}
	}
	team, ok := g.keys[sha256.Sum256([]byte(strings.TrimSpace(key)))]
	if !ok {
		return "", &Refusal{http.StatusUnauthorized, "The API key is not one of this server's.", "invalid_request_error", "", "invalid_api_key"}
	}
	return team, nil
}

// climb tries servers until one has begun to answer, and passes that answer on.
func (x *exchange) climb() {
	var last *attemptError
	for try := 0; try <= x.ladder.Control.Retries; try++ {
		x.query.Waited = x.config.Now().Sub(x.arrived)
		d, p, err := x.Gateway.admit(&x.query, x.asked)
		if try == 0 {
			x.note.decided(x.ladder, d)
		}
		if err != nil || p == nil {
			x.refuse(d, last)
			return
		}
		a, p, failure := x.hedged(p)
		if failure == nil {
			x.note.Retries = try
			x.pass(a, p)
			return
		}
		last = failure
		if failure.how == cancelled {
			x.note.Outcome = cancelled.String()
			return
		}
		x.query.Tried, x.query.Accepted = append(x.query.Tried, p.ticket.Server), true
		x.metrics.retried(p, failure)
		x.config.Logger.Warn("a server did not answer", "server", p.backend.Name, "outcome", failure.how.String(), "error", failure.err, "try", try+1)
	}
	x.refuse(Decision{Rung: -1, RetryAfter: x.ladder.Refuse.Least}, last)
}

// refuse answers for the ladder.
func (x *exchange) refuse(d Decision, last *attemptError) {
	e := unavailable("No rung of the ladder is expected to serve this in time; try again later.", "overloaded")
	switch {
	case last != nil && last.how == failed:
		e = &Refusal{http.StatusBadGateway, "No server of the ladder has answered.", "server_error", "", "no_answer"}
	case d.Best < 0 && last == nil:
		e = unavailable("No server of the ladder can be asked now; try again later.", "no_server")
	}
	x.metrics.refused.WithLabelValues(e.Code).Inc()
	x.note.Rung, x.note.Outcome = refusedRung, e.Code
	x.w.Header().Set(HeaderRung, refusedRung)
	x.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(max(d.RetryAfter, time.Second).Seconds()))))
	fail(x.w, e)
}

// ask sends the request to one server.
func (x *exchange) ask(ctx context.Context, p *place) (*answer, *attemptError) {
	body := x.asked.body(p.backend.Model, p.rung.MaxTokens, p.rung.NoDrafts, p.paid)
	header := http.Header{"Content-Type": {"application/json"}}
	for _, name := range []string{"Accept", "X-Request-Id", "Traceparent"} {
		if v := x.r.Header.Get(name); v != "" {
			header.Set(name, v)
		}
	}
	a, failure := p.backend.ask(ctx, x.config.Client, x.r.URL.Path, header, body)
	if failure != nil {
		x.leave(p, &counts{}, failure.how, failure.asked)
		return nil, failure
	}
	x.first(p)
	return a, nil
}
