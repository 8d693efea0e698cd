package stream

import (
	"bytes"
	"fmt"
)

// Event is one server-sent event.
type Event struct {
	Type string // the event field, "" for none
	Data []byte // the data lines joined by \n; valid until the callback returns
}

// MaxEvent bounds the bytes of one event, and of one line.
const MaxEvent = 1 << 20

// ErrTooLarge is returned for a line or an event larger than MaxEvent.
var ErrTooLarge = fmt.Errorf("server-sent event larger than %d bytes", MaxEvent)

// Parser reads an event stream piece by piece, as the HTML standard's section
// 9.2.6 "Interpreting an event stream" describes: lines end with LF, CR or CRLF, a
// leading byte order mark is dropped, comments and unknown fields are skipped, and
// an event that no blank line ends is never dispatched. The id and retry fields
// are skipped too, for nothing reconnects. However the bytes are split over calls,
// the events are the same, and each is dispatched with the byte that completes it.
type Parser struct {
	line    []byte // the line so far, where it began in an earlier piece
	data    []byte // data lines so far, each followed by \n
	kind    string
	afterCR bool // the next LF belongs to the CR before it
	begun   bool // the first line is over: no byte order mark may come
	err     error
}

// Feed parses p and calls emit for every event that it completes. It stops at the
// first error, its own or emit's, and returns it from then on.
func (s *Parser) Feed(p []byte, emit func(Event) error) error {
	for len(p) > 0 && s.err == nil {
		if s.afterCR {
			s.afterCR = false
			if p[0] == '\n' {
				p = p[1:]
				continue
			}
		}
		piece, end := p, bytes.IndexByte(p, '\n')
		if end >= 0 {
			piece = p[:end]
		}
		if cr := bytes.IndexByte(piece, '\r'); cr >= 0 {
			piece, end = p[:cr], cr
		}
		if len(s.line)+len(piece) > MaxEvent {
			s.err = ErrTooLarge
			break
		}
		if end < 0 {
			s.line = append(s.line, piece...)
			break
		}
		s.afterCR = p[end] == '\r'
		p = p[end+1:]
		s.err = s.endLine(piece, emit)
	}
	return s.err
}

// Pending says that something came which no event has: the stream ended inside of one, if it ended.
func (s *Parser) Pending() bool { return len(s.line) > 0 || len(s.data) > 0 }

// endLine takes up the line that piece completes.
func (s *Parser) endLine(piece []byte, emit func(Event) error) error {
	line := piece
	if len(s.line) > 0 {
		s.line = append(s.line, piece...)
		line = s.line
		s.line = s.line[:0]
	}
	if !s.begun {
		s.begun = true
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	if len(line) == 0 {
		return s.dispatch(emit)
	}
	return s.field(line)
}

func (s *Parser) field(line []byte) error {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "data":
		if len(s.data)+len(value) > MaxEvent {
			return ErrTooLarge
		}
		s.data = append(append(s.data, value...), '\n')
	case "event":
		s.kind = string(value)
	}
	return nil
}

func (s *Parser) dispatch(emit func(Event) error) error {
	data, kind := s.data, s.kind
	s.data, s.kind = s.data[:0], ""
	if len(data) == 0 {
		return nil
	}
	return emit(Event{Type: kind, Data: data[:len(data)-1]})
}
