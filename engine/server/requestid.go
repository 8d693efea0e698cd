package server

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
)

const (
	headerRequestID = "X-Request-Id"
	maxRequestID    = 64 // bytes; a longer one would only bloat every message of a stream
)

// requestID is the client's id where it is short and printable, else a new one.
func (s *Server) requestID(r *http.Request) string {
	if id := r.Header.Get(headerRequestID); acceptableID(id) {
		return id
	}
	return s.config.NewID()
}

func acceptableID(id string) bool {
	for _, b := range []byte(id) {
		if b <= ' ' || b > '~' {
			return false
		}
	}
	return id != "" && len(id) <= maxRequestID
}

func randomID() string {
	var b [12]byte
	rand.Read(b[:]) //nolint:errcheck // never fails, as of Go 1.24
	return hex.EncodeToString(b[:])
}
