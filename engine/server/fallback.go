package server

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

func (s *Server) notFound(w *response, r *http.Request) {
	s.writeError(w, &Error{http.StatusNotFound, fmt.Sprintf("There is no %s here.", r.URL.Path), typeInvalid, "", "not_found"})
}

func (s *Server) notAllowed(methods route) handler {
	allowed := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
	return func(w *response, r *http.Request) {
		w.Header().Set("Allow", allowed)
		s.writeError(w, &Error{http.StatusMethodNotAllowed,
			fmt.Sprintf("%s takes %s, not %s.", r.URL.Path, allowed, r.Method), typeInvalid, "", "method_not_allowed"})
	}
}
