package dialect

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// scanner reads JSON from front to back. Its methods read one thing each, and say false
// where that is not there or is unusual; then nothing more can be read.
type scanner struct {
	in   []byte
	at   int
	kept []byte // of a string with escapes
}

// object reads { "key": value, ... }, each value by the function.
func (s *scanner) object(value func(key []byte) bool) bool {
	if !s.byte('{') {
		return false
	}
	if s.byte('}') {
		return true
	}
	for {
		key, ok := s.key()
		if !ok || !s.byte(':') || !value(key) {
			return false
		}
		if !s.byte(',') {
			return s.byte('}')
		}
	}
}

func (s *scanner) key() ([]byte, bool) {
	if !s.byte('"') {
		return nil, false
	}
	n := bytes.IndexByte(s.in[s.at:], '"')
	if n < 0 {
		return nil, false
	}
	key := s.in[s.at : s.at+n]
	s.at += n + 1
	return key, true
}

// other skips the value of a key that is not known. It has to be plain: encoding/json
// takes one in capitals for the same as a known one.
func (s *scanner) other(key []byte, depth int) bool {
	for _, c := range key {
		if (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9') {
			return false
		}
	}
	return s.skip(depth)
}

// string reads a string. It is good until the next one is read.
func (s *scanner) string() ([]byte, bool) {
	if !s.byte('"') {
		return nil, false
	}
	from, ascii := s.at, true
	for i, c := range s.in[from:] {
		switch {
		case plain[c]:
		case c == '"':
			s.at = from + i + 1
			text := s.in[from : from+i]
			return text, ascii || utf8.Valid(text)
		case c == '\\':
			s.at = from + i
			return s.escaped(from)
		case c < ' ':
			return nil, false
		default:
			ascii = false
		}
	}
	return nil, false
}

// plain are the bytes of strings that mean themselves and are ASCII.
var plain = func() (is [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

// escapes are what follows a backslash, and what it means.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped goes on with a string that began at from, at its first backslash.
func (s *scanner) escaped(from int) ([]byte, bool) {
	s.kept = append(s.kept[:0], s.in[from:s.at]...)
	for s.at < len(s.in) {
		c := s.in[s.at]
		s.at++
		switch {
		case c == '"':
			return s.kept, utf8.Valid(s.kept)
		case c < ' ':
			return nil, false
		case c != '\\':
			s.kept = append(s.kept, c)
		case !s.escape():
			return nil, false
		}
	}
	return nil, false
}

// escape reads what follows a backslash.
func (s *scanner) escape() bool {
	if s.at == len(s.in) {
		return false
	}
	c := s.in[s.at]
	s.at++
	if plain := escapes[c]; plain != 0 {
		s.kept = append(s.kept, plain)
		return true
	}
	if c != 'u' || s.at+4 > len(s.in) {
		return false
	}
	code, err := strconv.ParseUint(string(s.in[s.at:s.at+4]), 16, 16)
	if err != nil || code >= 0xd800 && code < 0xe000 {
		return false
	}
	s.at += 4
	s.kept = utf8.AppendRune(s.kept, rune(code))
	return true
}

// count reads a whole number, not below 0, of few digits.
func (s *scanner) count(into *int) bool {
	s.space()
	from, n := s.at, 0
	for ; s.at < len(s.in) && s.in[s.at] >= '0' && s.in[s.at] <= '9'; s.at++ {
		n = 10*n + int(s.in[s.at]-'0')
	}
	*into = n
	digits := s.at - from
	if digits == 0 || digits > 9 || digits > 1 && s.in[from] == '0' {
		return false
	}
	return s.at == len(s.in) || s.in[s.at] != '.' && s.in[s.at] != 'e' && s.in[s.at] != 'E'
}

// maxDepth is how deep a value that is of no interest may be nested.
const maxDepth = 8

// skip reads a value that is of no interest: literals, strings, whole numbers, and what
// is made of them.
func (s *scanner) skip(depth int) bool {
	s.space()
	if s.at == len(s.in) || depth > maxDepth {
		return false
	}
	switch s.in[s.at] {
	case '"':
		_, ok := s.string()
		return ok
	case '{':
		return s.object(func(key []byte) bool { return s.other(key, depth+1) })
	case '[':
		return s.list(depth)
	case 'n':
		return s.null()
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	}
	return s.number()
}

func (s *scanner) list(depth int) bool {
	s.byte('[')
	if s.byte(']') {
		return true
	}
	for {
		if !s.skip(depth + 1) {
			return false
		}
		if !s.byte(',') {
			return s.byte(']')
		}
	}
}

// number skips a number: sign, digits, fraction. One with an exponent is unusual.
func (s *scanner) number() bool {
	if s.in[s.at] == '-' {
		s.at++
	}
	from := s.at
	if !s.digits() || s.in[from] == '0' && s.at > from+1 {
		return false
	}
	if s.at < len(s.in) && s.in[s.at] == '.' {
		s.at++
		if !s.digits() {
			return false
		}
	}
	return s.at == len(s.in) || s.in[s.at] != 'e' && s.in[s.at] != 'E'
}

func (s *scanner) digits() bool {
	from := s.at
	for s.at < len(s.in) && s.in[s.at] >= '0' && s.in[s.at] <= '9' {
		s.at++
	}
	return s.at > from
}

func (s *scanner) null() bool { return s.literal("null") }

func (s *scanner) literal(text string) bool {
	s.space()
	if len(s.in)-s.at < len(text) || string(s.in[s.at:s.at+len(text)]) != text {
		return false
	}
	s.at += len(text)
	return true
}

// byte reads c, after white space.
func (s *scanner) byte(c byte) bool {
	if s.at < len(s.in) && s.in[s.at] == c {
		s.at++
		return true
	}
	return s.late(c)
}

// late reads c where it is not the next byte.
func (s *scanner) late(c byte) bool {
	from := s.at
	s.space()
	if s.at == from || s.at == len(s.in) || s.in[s.at] != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) space() {
	for s.at < len(s.in) && (s.in[s.at] == ' ' || s.in[s.at] == '\n' || s.in[s.at] == '\t' || s.in[s.at] == '\r') {
		s.at++
	}
}
