package result

import (
	"slices"
	"unicode/utf8"
)

// scanner reads lines as this package writes them, some fifty times as fast as encoding/json does. A line with
// anything else in it (spaces, other keys or another order of them, escapes, fractions) it leaves to decodeRequest
// and decodeEvents, which are the definition: what the scanner accepts they read as the same.
type scanner struct {
	line  []byte
	at    int
	known map[string]string // texts that come again and again are held once
	slab  []Event           // events of many requests in one piece of memory
}

func newScanner() *scanner { return &scanner{known: map[string]string{}} }

// request reads one line of requests.jsonl.
func (s *scanner) request(line []byte) (Request, error) {
	if r, ok := s.scanRequest(line); ok {
		return r, nil
	}
	return decodeRequest(line)
}

// events reads one line of events.jsonl.
func (s *scanner) events(line []byte) (seq uint64, events []Event, err error) {
	if seq, events, ok := s.scanEvents(line); ok {
		return seq, events, nil
	}
	return decodeEvents(line)
}

func (s *scanner) scanRequest(line []byte) (r Request, ok bool) {
	s.line, s.at = line, 0
	r = New(0)
	if !s.take("{") {
		return r, false
	}
	next := 0
	for first := true; !s.take("}"); first = false {
		if !first && !s.take(",") {
			return r, false
		}
		f := s.key(&next)
		if f == nil || !s.value(f, &r) {
			return r, false
		}
	}
	return r, s.end() && slices.Contains(outcomes, r.Outcome)
}

// outcomes is Outcomes, made once.
var outcomes = Outcomes()

// key takes a quoted key and its colon: of the fields from next on, because keys come in their order.
func (s *scanner) key(next *int) *field {
	if !s.take(`"`) {
		return nil
	}
	for ; *next < len(fields); *next++ {
		f := &fields[*next]
		if rest := s.line[s.at:]; len(rest) > len(f.key)+1 && string(rest[:len(f.key)]) == f.key && rest[len(f.key)] == '"' && rest[len(f.key)+1] == ':' {
			s.at += len(f.key) + 2
			*next++
			return f
		}
	}
	return nil
}

func (s *scanner) value(f *field, r *Request) bool {
	switch {
	case f.text != nil:
		return s.text(f.text(r))
	case f.number != nil && f.number.boolean:
		on := s.take("true")
		if on {
			f.number.set(r, 1)
		}
		return on || s.take("false")
	}
	v, ok := s.integer()
	switch {
	case f.stamp != nil:
		*f.stamp(r) = v
	case f.count != nil:
		*f.count(r) = int(v)
		ok = ok && int64(int(v)) == v
	default:
		ok = ok && v >= 0
		f.number.set(r, v)
	}
	return ok
}

// mostDigits is as many as an int64 surely has room for.
const mostDigits = 18

// integer takes a whole number without leading zeros, below 10^18.
func (s *scanner) integer() (v int64, ok bool) {
	i := s.at
	negative := i < len(s.line) && s.line[i] == '-'
	if negative {
		i++
	}
	from := i
	for ; i < len(s.line) && s.line[i]-'0' <= 9; i++ {
		v = v*10 + int64(s.line[i]-'0')
	}
	digits := i - from
	if digits == 0 || digits > mostDigits || s.line[from] == '0' && (digits > 1 || negative) {
		return 0, false
	}
	s.at = i
	if negative {
		v = -v
	}
	return v, true
}

// mostKnown bounds the texts that are held once; ids are all different.
const mostKnown = 256

// text takes a string of plain characters.
func (s *scanner) text(into *string) bool {
	if !s.take(`"`) {
		return false
	}
	from := s.at
	for ; s.at < len(s.line) && s.line[s.at] != '"'; s.at++ {
		if c := s.line[s.at]; c < ' ' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	raw := s.line[from:s.at]
	if !s.take(`"`) {
		return false
	}
	t, known := s.known[string(raw)]
	if !known {
		t = string(raw)
		if len(s.known) < mostKnown {
			s.known[t] = t
		}
	}
	*into = t
	return true
}

func (s *scanner) scanEvents(line []byte) (seq uint64, events []Event, ok bool) {
	s.line, s.at = line, 0
	if !s.take(`{"seq":`) {
		return 0, nil, false
	}
	n, ok := s.integer()
	if !ok || n < 0 || !s.take(`,"at":[`) {
		return 0, nil, false
	}
	from := len(s.slab)
	ok = s.array(func(_ int, v int64) bool { s.slab = append(s.slab, Event{At: v}); return true }) && s.take(`,"tokens":[`)
	events = s.slab[from:]
	count := 0
	column := func(set func(*Event, int)) bool {
		count = 0
		return s.array(func(i int, v int64) bool {
			if i >= len(events) || int64(int(v)) != v {
				return false
			}
			set(&events[i], int(v))
			count++
			return true
		}) && count == len(events)
	}
	ok = ok && column(func(e *Event, v int) { e.Tokens = v }) && s.take(`,"reads":[`) &&
		column(func(e *Event, v int) { e.Read = v }) && s.take("}") && s.end()
	for i := 0; ok && i < len(events); i++ {
		ok = checkEvent(events[:i], events[i]) == nil
	}
	if !ok {
		s.slab = s.slab[:from]
		return 0, nil, false
	}
	return uint64(n), s.keep(from), true
}

// slabEvents is how many events share a piece of memory.
const slabEvents = 1 << 14

// keep hands out the events from on, and begins a new slab where this one is nearly full, so that it is not copied as it
// grows.
func (s *scanner) keep(from int) []Event {
	events := s.slab[from:len(s.slab):len(s.slab)]
	if cap(s.slab)-len(s.slab) < slabEvents/8 {
		s.slab = make([]Event, 0, slabEvents)
	}
	if len(events) == 0 {
		return nil
	}
	return events
}

// array takes the integers of an array whose bracket is open, and closes it.
func (s *scanner) array(each func(i int, v int64) bool) bool {
	if s.take("]") {
		return true
	}
	for i := 0; ; i++ {
		v, ok := s.integer()
		if !ok || !each(i, v) {
			return false
		}
		if s.take("]") {
			return true
		}
		if !s.take(",") {
			return false
		}
	}
}

// take moves on past what is next, if it is.
func (s *scanner) take(next string) bool {
	if len(s.line)-s.at < len(next) || string(s.line[s.at:s.at+len(next)]) != next {
		return false
	}
	s.at += len(next)
	return true
}

// end says whether nothing is left but the newline.
func (s *scanner) end() bool {
	return s.at == len(s.line) || s.at == len(s.line)-1 && s.line[s.at] == '\n'
}
