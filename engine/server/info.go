package server

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/metrics"
)

// modelCard is one entry of /v1/models, with vLLM's max_model_len.
type modelCard struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Created     int64  `json:"created"`
	OwnedBy     string `json:"owned_by"`
	MaxModelLen int    `json:"max_model_len,omitempty"`
}

func (s *Server) card() modelCard {
	return modelCard{s.config.Model, "model", s.born, "assay", s.config.Context}
}

func (s *Server) listModels(w *response, _ *http.Request) {
	writeJSON(w, http.StatusOK, struct {
		Object string      `json:"object"`
		Data   []modelCard `json:"data"`
	}{"list", []modelCard{s.card()}})
}

func (s *Server) showModel(w *response, r *http.Request) {
	if e := s.checkModel(strings.TrimPrefix(r.URL.Path, "/v1/models/")); e != nil {
		s.writeError(w, e)
		return
	}
	writeJSON(w, http.StatusOK, s.card())
}

func (s *Server) checkModel(name string) *Error {
	if name == s.config.Model {
		return nil
	}
	return &Error{http.StatusNotFound, fmt.Sprintf("There is no model %q here; served: %q.", name, s.config.Model),
		typeInvalid, "model", "model_not_found"}
}

// health is 200 while requests are taken, and 503 once the server drains.
func (s *Server) health(w *response, _ *http.Request) {
	if s.running.draining() {
		s.writeError(w, errDraining())
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func errDraining() *Error { return engineError(engine.ErrClosed) }

func (s *Server) version(w *response, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"version": s.config.Version})
}

// StatsReport is the body of GET /stats, which is internal to Assay: the engine's
// counters as exact integers (durations in nanoseconds) under engine.Stats' own
// field names, and the process's peak memory. Clients should read /metrics.
type StatsReport struct {
	engine.Stats
	PeakRSSBytes int64 // 0 where the system does not say
	CPUNS        int64 // processor time of the process so far; 0 where the system does not say
}

func (s *Server) stats(w *response, _ *http.Request) {
	writeJSON(w, http.StatusOK, StatsReport{s.backend.Stats(), metrics.PeakRSS(), metrics.CPUTime().Nanoseconds()})
}
