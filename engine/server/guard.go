package server

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// guarded logs a request's end, and turns a panic into status 500. Once the header
// is out only breaking the connection tells the client that the answer is not whole.
func (s *Server) guarded(h handler, w *response, r *http.Request) {
	arrived := s.config.Now()
	defer func() {
		cause := recover()
		s.logEnd(r, w, s.config.Now().Sub(arrived), cause)
		switch {
		case cause == nil:
		case cause == http.ErrAbortHandler || w.status != 0:
			panic(http.ErrAbortHandler)
		default:
			s.writeError(w, &Error{http.StatusInternalServerError, "Internal error; the log has it under request " + w.id + ".",
				typeServer, "", "internal_error"})
		}
	}()
	h(w, r)
}

// statusGone is what the log says of a client that left before there was an answer. No
// client ever sees it; the number is a habit of proxies.
const statusGone = 499

// logEnd writes a request's one line: never its texts, nor any header but its id. Questions
// about the server's state come often and change nothing, so they count as debugging.
func (s *Server) logEnd(r *http.Request, w *response, took time.Duration, cause any) {
	log := s.config.Logger.With(slog.String("request_id", w.id), slog.String("method", r.Method), slog.String("path", r.URL.Path))
	if cause != nil && cause != http.ErrAbortHandler {
		log.Error("panic in handler", slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
		return
	}
	level := slog.LevelInfo
	if r.Method != http.MethodPost {
		level = slog.LevelDebug
	}
	status := w.status
	if status == 0 && r.Context().Err() != nil {
		status = statusGone
	}
	log.LogAttrs(context.WithoutCancel(r.Context()), level, "request",
		append([]slog.Attr{slog.Int("status", status), milliseconds("duration_ms", took)}, w.about...)...)
}

func milliseconds(name string, d time.Duration) slog.Attr {
	return slog.Float64(name, float64(d.Microseconds())/1000)
}

// response is an http.ResponseWriter that remembers whether the header is out and with what
// status, and what else the log is to say.
type response struct {
	http.ResponseWriter
	id     string
	client *Client // nil where the server has no keys, and on open paths
	status int     // 0 before the header
	code   string  // of the error that it answered with
	about  []slog.Attr
}

// WriteHeader notes the status of the answer.
func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends the header first where that has not been done.
func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
