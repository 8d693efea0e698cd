package dialect

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Status is how gRPC says that a call has ended.
type Status struct {
	Code    int
	Message string
}

// Codes that are told apart from others.
const (
	statusOK        = 0
	statusUnknown   = 2
	statusExhausted = 8
	statusAbsent    = 14
)

// statusNames are by their codes.
var statusNames = [...]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
	"RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// ReadStatus reads the status in an answer's trailer. It is in the header where nothing else was answered. It reports false
// where neither has one: then the call has not ended in order.
func ReadStatus(header, trailer http.Header) (Status, bool) {
	const code, message = "Grpc-Status", "Grpc-Message"
	from := trailer
	if from.Get(code) == "" {
		from = header
	}
	said := from.Get(code)
	if said == "" {
		return Status{}, false
	}
	n, err := strconv.ParseUint(said, 10, 16)
	if err != nil {
		return Status{statusUnknown, clip(fmt.Sprintf("status %q", said))}, true
	}
	text := from.Get(message)
	if plain, err := url.PathUnescape(text); err == nil { // one that is not escaped as it should be is better than none
		text = plain
	}
	return Status{int(n), clip(strings.TrimSpace(raised(text)))}, true
}

// OK says that the call has succeeded.
func (s Status) OK() bool { return s.Code == statusOK }

// Overloaded says that the server has too much to do, or is not there for now.
func (s Status) Overloaded() bool { return s.Code == statusExhausted || s.Code == statusAbsent }

func (s Status) String() string {
	name := fmt.Sprintf("status %d", s.Code)
	if s.Code < len(statusNames) {
		name = statusNames[s.Code]
	}
	if s.Message == "" {
		return name
	}
	return name + ": " + s.Message
}
