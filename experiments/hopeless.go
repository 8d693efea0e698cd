package experiments

import (
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/result"
)

// hopeless ends an attack at the first answer that says that no request of the trial can be answered: that the key is refused, that
// there is no such model, that the server is elsewhere.
type hopeless struct {
	model, base string

	mu  sync.Mutex
	err error
}

var _ loadgen.Halt = (*hopeless)(nil)

// Ended implements loadgen.Halt.
func (h *hopeless) Ended(r result.Request, _ int) string {
	why := h.why(r)
	if why == "" {
		return ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		h.err = fmt.Errorf("%s: %s", why, r.Error)
	}
	return why
}

// found is why the attack was ended, nil where it was not.
func (h *hopeless) found() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// why is in a few words what an answer says of all that would follow, "" where it says nothing.
func (h *hopeless) why(r result.Request) string {
	if r.Outcome != result.HTTPError {
		return ""
	}
	said := strings.ToLower(r.Error)
	switch {
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden,
		r.Status == http.StatusBadRequest && strings.Contains(said, "api key"): // Google's way to say it
		return "the API key is refused"
	case r.Status == http.StatusPaymentRequired:
		return "the account is not paid for"
	case r.Status == http.StatusNotFound && strings.Contains(r.Error, h.model):
		return fmt.Sprintf("%s has no model %q", h.base, h.model)
	case r.Status == http.StatusNotFound, r.Status == http.StatusMethodNotAllowed:
		return fmt.Sprintf("%s has no such path, or no model %q", h.base, h.model)
	case r.Status >= 300 && r.Status < 400:
		return h.base + " says that it is elsewhere, where no request is sent: name the server that is meant"
	}
	return ""
}
