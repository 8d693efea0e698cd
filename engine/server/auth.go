package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// APIKey opens the server, and says how its requests stand to others.
type APIKey struct {
	Key    string
	Client Client
}

// Client is whom a key belongs to.
type Client struct {
	Tenant   string // shares fairly with other tenants; several keys may have one
	Team     string // pays for it, "" where the key does not say; see Metering
	Weight   int    // of the tenant's share; 0 is 1
	Priority int    // of its requests, which may ask for a higher value: later, but no earlier

	digest [sha256.Size]byte // of the key
}

// keys are the digests of the API keys that open the server; none leave it open.
type keys struct {
	digests [][sha256.Size]byte
	clients []Client
}

func newKeys(all []APIKey) (k keys) {
	for _, key := range all {
		client := key.Client
		client.digest = sha256.Sum256([]byte(key.Key))
		k.digests, k.clients = append(k.digests, client.digest), append(k.clients, client)
	}
	return k
}

// accept finds a key's client, nil for none. It compares digests, which have one length, and
// all of them, so that the time it takes tells nothing of a key.
func (k keys) accept(text string) *Client {
	digest, found := sha256.Sum256([]byte(text)), -1
	for i := range k.digests {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(digest[:], k.digests[i][:]), i, found)
	}
	if found < 0 {
		return nil
	}
	return &k.clients[found]
}

// openPaths need no key: probes and scrapers have none, and what they see is no client's.
var openPaths = map[string]bool{"/health": true, "/version": true, "/metrics": true}

// authorize refuses a request without a key where the server has keys, and finds whose it
// is; nil where that does not matter.
func (s *Server) authorize(r *http.Request) (*Client, *Error) {
	if len(s.keys.digests) == 0 || openPaths[r.URL.Path] {
		return nil, nil
	}
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, &Error{http.StatusUnauthorized, "An API key is needed; send the header Authorization: Bearer KEY.", typeInvalid, "", "missing_api_key"}
	}
	client := s.keys.accept(strings.TrimSpace(key))
	if client == nil {
		return nil, &Error{http.StatusUnauthorized, "The API key is not one of this server's.", typeInvalid, "", "invalid_api_key"}
	}
	return client, nil
}

// unauthorized answers with e, and reads nothing of the body.
func (s *Server) unauthorized(e *Error) handler {
	return func(w *response, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.Header().Set("Connection", "close")
		s.writeError(w, e)
	}
}
