package server

import (
	"bytes"
	"net/http"
	"net/http/pprof"
	"runtime"
	runtimepprof "runtime/pprof"
	"strconv"
	"sync"
)

// profileRoutes are net/http/pprof's, which on its own would hang them into a global mux, and
// a CPU profile that begins and ends when a client says so.
func profileRoutes() map[string]route {
	plain := func(h http.HandlerFunc) route {
		return route{http.MethodGet: func(w *response, r *http.Request) { h(w, r) }}
	}
	p := &cpuProfile{}
	return map[string]route{
		"/debug/pprof/":        plain(pprof.Index),
		"/debug/pprof/cmdline": plain(pprof.Cmdline),
		"/debug/pprof/profile": plain(pprof.Profile),
		"/debug/pprof/symbol":  plain(pprof.Symbol),
		"/debug/pprof/trace":   plain(pprof.Trace),
		"/debug/pprof/begin":   {http.MethodPost: p.begin},
		"/debug/pprof/end":     {http.MethodPost: p.end},
	}
}

// Rates of a CPU profile, in samples per second of processor time. Systems deliver no more than
// some 500.
const (
	goRate      = 100 // what runtime/pprof sets by itself
	highestRate = 500
)

// cpuProfile is the profile between two requests, of which the first begins it and the second gets it.
// net/http/pprof's own ends after a time that has to be known before.
type cpuProfile struct {
	mu      sync.Mutex
	running *bytes.Buffer // nil while none is taken
}

func (p *cpuProfile) begin(w *response, r *http.Request) {
	rate, err := profileRate(r)
	if err != nil {
		writeJSON(w, err.Status, err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running != nil {
		writeJSON(w, http.StatusConflict, profileError("A profile is being taken already."))
		return
	}
	if rate != goRate {
		// StartCPUProfile sets its own rate, unless one is set: then it complains on standard error
		// and goes on with that.
		runtime.SetCPUProfileRate(rate)
	}
	to := &bytes.Buffer{}
	if err := runtimepprof.StartCPUProfile(to); err != nil {
		writeJSON(w, http.StatusConflict, profileError("No profile can be taken: "+err.Error()+"."))
		return
	}
	p.running = to
	w.WriteHeader(http.StatusNoContent)
}

// end answers with the profile, compressed, in pprof's format.
func (p *cpuProfile) end(w *response, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		writeJSON(w, http.StatusConflict, profileError("No profile has begun."))
		return
	}
	runtimepprof.StopCPUProfile()
	body := p.running.Bytes()
	p.running = nil
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body) //nolint:errcheck // a client that is gone needs no answer
}

// profileRate reads rate_hz.
func profileRate(r *http.Request) (int, *Error) {
	text := r.URL.Query().Get("rate_hz")
	if text == "" {
		return goRate, nil
	}
	rate, err := strconv.Atoi(text)
	if err != nil || rate < 1 || rate > highestRate {
		return 0, invalid("rate_hz", "rate_hz is %q, expected a whole number from 1 to %d.", text, highestRate)
	}
	return rate, nil
}

func profileError(message string) *Error {
	return &Error{http.StatusConflict, message, typeInvalid, "", "profile"}
}
