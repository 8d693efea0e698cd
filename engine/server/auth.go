package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// keys are the digests of the API keys that open the server; none leave it open.
type keys [][sha256.Size]byte

func newKeys(texts []string) (k keys) {
	for _, text := range texts {
		k = append(k, sha256.Sum256([]byte(text)))
	}
	return k
}

// accept compares digests, which have one length, and all of them, so that the time it
// takes tells nothing of a key.
func (k keys) accept(text string) bool {
	digest, found := sha256.Sum256([]byte(text)), 0
	for i := range k {
		found |= subtle.ConstantTimeCompare(digest[:], k[i][:])
	}
	return found == 1
}

// openPaths need no key: probes and scrapers have none, and what they see is no client's.
var openPaths = map[string]bool{"/health": true, "/version": true, "/metrics": true}

// authorize refuses a request without a key where the server has keys.
func (s *Server) authorize(r *http.Request) *Error {
	if len(s.keys) == 0 || openPaths[r.URL.Path] {
		return nil
	}
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case !strings.EqualFold(scheme, "Bearer"):
		return &Error{http.StatusUnauthorized, "An API key is needed; send the header Authorization: Bearer KEY.", typeInvalid, "", "missing_api_key"}
	case !s.keys.accept(bearer(r)):
		return &Error{http.StatusUnauthorized, "The API key is not one of this server's.", typeInvalid, "", "invalid_api_key"}
	}
	return nil
}

// unauthorized answers with e, and reads nothing of the body.
func (s *Server) unauthorized(e *Error) handler {
	return func(w *response, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.Header().Set("Connection", "close")
		s.writeError(w, e)
	}
}
