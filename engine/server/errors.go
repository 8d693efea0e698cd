package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/assaylab/assay/engine"
)

// Error is a refusal or failure in OpenAI's shape.
type Error struct {
	Status  int    // HTTP status; inside a stream it is too late for one
	Message string // for the person who reads the client's log
	Type    string // OpenAI's class of errors
	Param   string // the parameter at fault, empty for none
	Code    string // for programs, empty for none
}

// Error is the message.
func (e *Error) Error() string { return e.Message }

// MarshalJSON gives {"error":{"message","type","param","code"}}, with null for an
// absent param or code.
func (e *Error) MarshalJSON() ([]byte, error) {
	type body struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    *string `json:"code"`
	}
	return json.Marshal(struct {
		Error body `json:"error"`
	}{body{e.Message, e.Type, orNull(e.Param), orNull(e.Code)}})
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

const (
	typeInvalid = "invalid_request_error"
	typeServer  = "server_error"

	codeSlowConsumer = "slow_consumer"
)

// invalid is a refusal of one parameter's value.
func invalid(param, format string, args ...any) *Error {
	return &Error{http.StatusBadRequest, fmt.Sprintf(format, args...), typeInvalid, param, "invalid_value"}
}

// engineError says an engine's error in HTTP.
func engineError(err error) *Error {
	if e := pinError(err); e != nil {
		return e
	}
	var late *engine.OverloadError
	switch {
	case errors.As(err, &late):
		return &Error{http.StatusServiceUnavailable, fmt.Sprintf("The first token is expected after %.3g s, and this server promises it within %.3g s; try again later.",
			late.Predicted.Seconds(), late.Limit.Seconds()), typeServer, "", "overloaded"}
	case errors.Is(err, engine.ErrOverloaded):
		return &Error{http.StatusServiceUnavailable, "The queue is full; try again later.", typeServer, "", "overloaded"}
	case errors.Is(err, engine.ErrTooLong):
		return &Error{http.StatusBadRequest, "The engine refused: " + err.Error() + ".", typeInvalid, "", codeTooLong}
	case errors.Is(err, engine.ErrClosed):
		return &Error{http.StatusServiceUnavailable, "The server is shutting down.", typeServer, "", "shutting_down"}
	case errors.Is(err, engine.ErrSlowConsumer):
		return &Error{http.StatusInternalServerError,
			"The client read too slowly, and the request was aborted.", typeServer, "", codeSlowConsumer}
	}
	return &Error{http.StatusInternalServerError, "The engine failed: " + err.Error() + ".", typeServer, "", "engine_failed"}
}

const codeTooLong = "context_length_exceeded"

// errAborted is for a request that the engine gave up without being asked to.
func errAborted() *Error {
	return &Error{http.StatusInternalServerError, "The engine aborted the request.", typeServer, "", "aborted"}
}

// asError gives err in OpenAI's shape.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return engineError(err)
}

// writeError answers with e. A 503 carries Retry-After.
func (s *Server) writeError(w http.ResponseWriter, e *Error) {
	if e.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", s.retryAfter())
	}
	if r, ours := w.(*response); ours {
		r.code = e.Code
	}
	writeJSON(w, e.Status, e)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body := marshal(v)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // a client that is gone needs no answer
}
