package server

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"strings"
)

// salt is what keeps a request's blocks apart in the prefix cache: from those of other API keys,
// unless the server shares them, and from requests of another cache_salt. It is the same after a
// restart. Without either it is 0.
func (s *Server) salt(r *http.Request, asked *request) uint64 {
	tenant := ""
	if len(s.keys) > 0 && !s.config.SharedCache {
		tenant = bearer(r)
	}
	if tenant == "" && asked.cacheSalt == "" {
		return 0
	}
	key := sha256.Sum256([]byte(tenant))
	sum := sha256.Sum256(append(key[:], asked.cacheSalt...))
	return max(1, binary.LittleEndian.Uint64(sum[:]))
}

// bearer is the key that a request came with.
func bearer(r *http.Request) string {
	_, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(key)
}

// readSalt takes a text that is not empty, as vLLM does.
func readSalt(r *request, name string, raw json.RawMessage) (e *Error) {
	if r.cacheSalt, e = parseString(name, raw); e == nil && r.cacheSalt == "" {
		return invalid(name, "%s: expected a text that is not empty.", name)
	}
	return e
}
