package server

import (
	"net/http"
	"net/http/pprof"
)

// profileRoutes are net/http/pprof's, which on its own would hang them into a global mux.
func profileRoutes() map[string]route {
	plain := func(h http.HandlerFunc) route {
		return route{http.MethodGet: func(w *response, r *http.Request) { h(w, r) }}
	}
	return map[string]route{
		"/debug/pprof/":        plain(pprof.Index),
		"/debug/pprof/cmdline": plain(pprof.Cmdline),
		"/debug/pprof/profile": plain(pprof.Profile),
		"/debug/pprof/symbol":  plain(pprof.Symbol),
		"/debug/pprof/trace":   plain(pprof.Trace),
	}
}
