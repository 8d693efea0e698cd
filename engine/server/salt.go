package server

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
)

// salt is what keeps a request's blocks apart in the prefix cache: from those of other API keys,
// unless the server shares them, and from requests of another cache_salt. It is the same after a
// restart. Without either it is 0. c is nil where the server has no keys.
func (s *Server) salt(c *Client, asked *request) uint64 {
	apart := c != nil && !s.config.SharedCache
	if !apart && asked.cacheSalt == "" {
		return 0
	}
	var key [sha256.Size]byte
	if apart {
		key = c.digest
	}
	sum := sha256.Sum256(append(key[:], asked.cacheSalt...))
	return max(1, binary.LittleEndian.Uint64(sum[:]))
}

// readSalt takes a text that is not empty, as vLLM does.
func readSalt(r *request, name string, raw json.RawMessage) (e *Error) {
	if r.cacheSalt, e = parseString(name, raw); e == nil && r.cacheSalt == "" {
		return invalid(name, "%s: expected a text that is not empty.", name)
	}
	return e
}
