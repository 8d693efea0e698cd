package server

import "github.com/assaylab/assay/engine"

// draftsField is the parameter that lowers how much is drafted. The word is that of vLLM's speculative_config,
// which holds for a whole server.
const draftsField = "num_speculative_tokens"

// checkDrafts refuses more drafts than the server makes.
func (s *Server) checkDrafts(r *request) *Error {
	most := s.config.DraftLength
	switch {
	case r.drafts == nil || *r.drafts <= most:
		return nil
	case most == 0:
		return invalid(draftsField, "%s: expected 0, as this server drafts nothing, found %d.", draftsField, *r.drafts)
	}
	return invalid(draftsField, "%s: expected at most %d, what this server drafts, found %d.", draftsField, most, *r.drafts)
}

// engineDrafts is the engine's convention: 0 leaves it to the engine.
func (r *request) engineDrafts() int {
	switch {
	case r.drafts == nil:
		return 0
	case *r.drafts == 0:
		return engine.NoDrafts
	}
	return *r.drafts
}
