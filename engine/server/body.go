package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// readBody reads a request's body whole, within the configured size and time. That
// it is read whole is also what lets net/http notice a client that goes away.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, *Error) {
	// A deadline is not supported by every writer, and not needed off the network.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(s.config.BodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.config.MaxBody))
	if err == nil {
		_ = control.SetReadDeadline(time.Time{})
		return body, nil
	}
	// What is left of the body would not end where the next request starts. The
	// deadline stays, so that net/http's own reading of that rest is bounded too.
	w.Header().Set("Connection", "close")
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &Error{http.StatusRequestEntityTooLarge,
			fmt.Sprintf("The request body is larger than %d bytes.", tooLarge.Limit), typeInvalid, "", "body_too_large"}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &Error{http.StatusRequestTimeout,
			fmt.Sprintf("The request body took longer than %v.", s.config.BodyTimeout), typeInvalid, "", "body_too_slow"}
	}
	return nil, &Error{http.StatusBadRequest, "The request body could not be read: " + err.Error() + ".", typeInvalid, "", "bad_body"}
}

// checkJSON refuses what is not one JSON object in UTF-8, saying where it goes wrong.
// Invalid UTF-8 is checked apart, because encoding/json silently replaces it.
func checkJSON(body []byte) *Error {
	if len(bytes.TrimSpace(body)) == 0 {
		return badJSON("The request body is empty; expected a JSON object.")
	}
	if at := invalidUTF8(body); at >= 0 {
		return badJSON("The request body is not UTF-8 at %s.", position(body, at))
	}
	var whole json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return badJSON("The request body is not valid JSON at %s: %v.", position(body, int(syntax.Offset)-1), err)
		}
		return badJSON("The request body is not valid JSON: %v.", err)
	}
	if kindOf(body) != kindObject {
		return badJSON("The request body is %s; expected a JSON object.", found(body))
	}
	return nil
}

func badJSON(format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Type: typeInvalid, Code: "invalid_json", Message: fmt.Sprintf(format, args...)}
}

// position says where byte at of body is, counting lines and columns from 1.
func position(body []byte, at int) string {
	at = min(max(at, 0), len(body))
	before := body[:at]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d (byte %d)", line, column, at)
}

func invalidUTF8(body []byte) int {
	for at := 0; at < len(body); {
		r, size := utf8.DecodeRune(body[at:])
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
	return -1
}

// members calls visit for each member of a JSON object that is known to be valid,
// in order, and refuses a name that comes twice. Names are prefixed with path.
func members(object json.RawMessage, path string, visit func(name string, value json.RawMessage) *Error) *Error {
	if kindOf(object) != kindObject {
		return invalid(strings.TrimSuffix(path, "."), "%s: expected an object, found %s.", strings.TrimSuffix(path, "."), found(object))
	}
	decoder := json.NewDecoder(bytes.NewReader(object))
	if _, err := decoder.Token(); err != nil {
		return badJSON("The request body is not valid JSON: %v.", err)
	}
	seen := map[string]bool{}
	for decoder.More() {
		var value json.RawMessage
		name, err := decoder.Token()
		if err == nil {
			err = decoder.Decode(&value)
		}
		if err != nil {
			return badJSON("The request body is not valid JSON: %v.", err)
		}
		full := path + name.(string)
		if seen[full] {
			return invalid(full, "%s is given twice.", full)
		}
		seen[full] = true
		if e := visit(full, value); e != nil {
			return e
		}
	}
	return nil
}
