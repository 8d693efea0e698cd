package target

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A profile is asked for by the server's own paths; a build that has none of them is told from one that refuses.
func TestEngineProfiles(t *testing.T) {
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.String())
		switch {
		case strings.HasPrefix(r.URL.Path, "/debug/pprof/begin") && len(asked) > 1:
			http.Error(w, "busy", http.StatusConflict)
		case r.URL.Path == "/debug/pprof/heap":
			http.NotFound(w, r)
		default:
			_, _ = io.WriteString(w, "data")
		}
	}))
	defer s.Close()
	e := &Engine{Client: s.Client(), base: s.URL}
	if err := e.BeginProfile(t.Context(), 250); err != nil {
		t.Error(err)
	}
	if err := e.BeginProfile(t.Context(), 250); err == nil || !strings.Contains(err.Error(), "409 Conflict: busy") {
		t.Error(err)
	}
	if data, err := e.EndProfile(t.Context()); err != nil || string(data) != "data" {
		t.Errorf("%q %v", data, err)
	}
	if _, err := e.HeapProfile(t.Context()); !errors.Is(err, ErrNoProfile) {
		t.Error(err)
	}
	if want := "POST /debug/pprof/begin?rate_hz=250, POST /debug/pprof/begin?rate_hz=250, POST /debug/pprof/end, GET /debug/pprof/heap"; strings.Join(asked, ", ") != want {
		t.Errorf("asked %v", asked)
	}
}
