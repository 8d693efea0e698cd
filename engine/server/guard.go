package server

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// guarded logs a request's end, and turns a panic into status 500. Once the header
// is out only breaking the connection tells the client that the answer is not whole.
func (s *Server) guarded(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, id string) {
		arrived := s.config.Now()
		out := &tracked{ResponseWriter: w}
		defer func() {
			cause := recover()
			s.logEnd(r, id, out, s.config.Now().Sub(arrived), cause)
			switch {
			case cause == nil:
			case cause == http.ErrAbortHandler || out.status != 0:
				panic(http.ErrAbortHandler)
			default:
				s.writeError(out, &Error{http.StatusInternalServerError, "Internal error; the log has it under request " + id + ".",
					typeServer, "", "internal_error"})
			}
		}()
		h(out, r, id)
	}
}

func (s *Server) logEnd(r *http.Request, id string, out *tracked, took time.Duration, cause any) {
	log := s.config.Logger.With(slog.String("request_id", id), slog.String("method", r.Method), slog.String("path", r.URL.Path))
	if cause != nil && cause != http.ErrAbortHandler {
		log.Error("panic in handler", slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
		return
	}
	log.Debug("request", slog.Int("status", out.status), slog.Duration("took", took))
}

// tracked remembers whether the header is out, and with what status.
type tracked struct {
	http.ResponseWriter
	status int // 0 before the header
}

// WriteHeader notes the status of the answer.
func (t *tracked) WriteHeader(status int) {
	if t.status == 0 {
		t.status = status
	}
	t.ResponseWriter.WriteHeader(status)
}

// Write sends the header first where that has not been done.
func (t *tracked) Write(p []byte) (int, error) {
	if t.status == 0 {
		t.status = http.StatusOK
	}
	return t.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }
