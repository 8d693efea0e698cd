package strict

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// Span is where a key or an array element stands and its value as written.
type Span struct {
	Line int // of the key, or of the element
	At   int // byte offset of the same
	From int // byte offset of Text
	Text string
}

// Positions maps the path of every key, table and array element to its place in
// the text. Paths are as in messages: engine.threads, load[1].rates[0].
type Positions map[string]Span

// LineOf is the line of path, or of what encloses it: the file itself begins on line 1.
func (p Positions) LineOf(path string) int {
	for path != "" {
		if s, ok := p[path]; ok {
			return s.Line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 1
}

// Order compares two keys by line, and on one line by position.
func (p Positions) Order(a, b string) int {
	if d := p[a].Line - p[b].Line; d != 0 {
		return d
	}
	return p[a].At - p[b].At
}

// maxNesting bounds the recursion over arrays and inline tables.
const maxNesting = 64

// Scan builds the positions of a TOML text. It is tolerant: what it does not
// understand it skips to the end of the line, since the parser proper has already
// judged the syntax. The parser's own metadata has keys but no lines.
func Scan(text string) Positions {
	s := &scanner{text: text, line: 1, found: Positions{}, arrays: map[string]int{}}
	s.document()
	return s.found
}

type scanner struct {
	text   string
	at     int
	line   int
	table  string         // path of the table that keys belong to
	arrays map[string]int // arrays of tables: elements so far
	found  Positions
}

func (s *scanner) document() {
	for {
		s.space(true)
		switch c := s.peek(); {
		case c == 0:
			return
		case c == '[':
			s.header()
		default:
			s.pair(s.table, 0)
		}
		s.restOfLine()
	}
}

// header reads [a.b] or [[a.b]].
func (s *scanner) header() {
	line, at := s.line, s.at
	s.at++
	array := s.peek() == '['
	if array {
		s.at++
	}
	parts := s.key()
	path := ""
	for i, part := range parts {
		path = Key(path, part)
		n, isArray := s.arrays[path]
		switch {
		case array && i == len(parts)-1:
			s.arrays[path] = n + 1
			s.note(path, line, at)
			path = Element(path, n)
		case isArray:
			path = Element(path, n-1)
		}
		s.note(path, line, at)
	}
	s.table = path
}

// pair reads key = value below the table at path.
func (s *scanner) pair(path string, depth int) {
	line, at := s.line, s.at
	parts := s.key()
	if len(parts) == 0 {
		s.at = min(s.at+1, len(s.text))
		return
	}
	for _, part := range parts {
		path = Key(path, part)
		s.note(path, line, at)
	}
	s.space(false)
	if s.peek() != '=' {
		return
	}
	s.at++
	s.space(false)
	start := s.at
	s.value(path, depth)
	s.written(path, start)
}

// key reads a bare, quoted or dotted key.
func (s *scanner) key() []string {
	var parts []string
	for {
		s.space(false)
		switch c := s.peek(); {
		case c == '"' || c == '\'':
			parts = append(parts, s.quotedKey())
		case isBare(c):
			start := s.at
			for isBare(s.peek()) {
				s.at++
			}
			parts = append(parts, s.text[start:s.at])
		default:
			return parts
		}
		s.space(false)
		if s.peek() != '.' {
			return parts
		}
		s.at++
	}
}

func (s *scanner) quotedKey() string {
	start := s.at
	s.str()
	raw := s.text[start:s.at]
	var as struct{ Key string }
	if _, err := toml.Decode("Key = "+raw, &as); err != nil {
		return raw
	}
	return as.Key
}

// value skips one value, noting the elements and keys inside it.
func (s *scanner) value(path string, depth int) {
	if depth > maxNesting {
		return
	}
	switch c := s.peek(); c {
	case '"', '\'':
		s.str()
	case '[':
		s.array(path, depth)
	case '{':
		s.inlineTable(path, depth)
	default:
		for s.at < len(s.text) && !strings.ContainsRune(",]}#\n", rune(s.text[s.at])) {
			s.at++
		}
	}
}

func (s *scanner) array(path string, depth int) {
	s.at++
	for i := 0; ; i++ {
		s.space(true)
		if c := s.peek(); c == ']' || c == 0 {
			break
		}
		start, here := s.at, Element(path, i)
		s.note(here, s.line, s.at)
		s.value(here, depth+1)
		s.written(here, start)
		s.space(true)
		if s.peek() != ',' {
			break
		}
		s.at++
	}
	if s.peek() == ']' {
		s.at++
	}
}

func (s *scanner) inlineTable(path string, depth int) {
	s.at++
	for {
		s.space(true)
		if c := s.peek(); c == '}' || c == 0 {
			break
		}
		s.pair(path, depth+1)
		s.space(true)
		if s.peek() != ',' {
			break
		}
		s.at++
	}
	if s.peek() == '}' {
		s.at++
	}
}

// str skips a string of any of the four kinds.
func (s *scanner) str() {
	quote := s.text[s.at : s.at+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(s.text[s.at:], triple) {
		s.at += 3
		s.until(triple, quote == `"`, true)
		for range 2 { // a multi-line string may end in up to two more quotes
			if strings.HasPrefix(s.text[s.at:], quote) {
				s.at++
			}
		}
		return
	}
	s.at++
	s.until(quote, quote == `"`, false)
}

// until skips past the end mark, or to the end of the line for a string that ends
// with it.
func (s *scanner) until(mark string, escapes, multiline bool) {
	for s.at < len(s.text) {
		switch {
		case strings.HasPrefix(s.text[s.at:], mark):
			s.at += len(mark)
			return
		case s.text[s.at] == '\n' && !multiline:
			return
		case s.text[s.at] == '\n':
			s.line++
		case escapes && s.text[s.at] == '\\' && s.at+1 < len(s.text) && s.text[s.at+1] != '\n':
			s.at++
		}
		s.at++
	}
}

// space skips blanks, and with lines also line ends and comments.
func (s *scanner) space(lines bool) {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == ' ' || c == '\t' || c == '\r':
		case lines && c == '\n':
			s.line++
		case lines && c == '#':
			for s.at < len(s.text) && s.text[s.at] != '\n' {
				s.at++
			}
			continue
		default:
			return
		}
		s.at++
	}
}

func (s *scanner) restOfLine() {
	for s.at < len(s.text) && s.text[s.at] != '\n' {
		s.at++
	}
}

func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

// note keeps the first place: the table that a later header reopens stays where it began.
func (s *scanner) note(path string, line, at int) {
	if _, ok := s.found[path]; !ok {
		s.found[path] = Span{Line: line, At: at}
	}
}

// written keeps the text of a value that began at start and ends here.
func (s *scanner) written(path string, start int) {
	place := s.found[path]
	place.From, place.Text = start, strings.TrimSpace(s.text[start:s.at])
	s.found[path] = place
}

func isBare(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// Element is the path of an element of an array.
func Element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// Key appends a key to a path, quoting what is not a bare key.
func Key(path, key string) string {
	for i := range len(key) {
		if !isBare(key[i]) {
			key = strconv.Quote(key)
			break
		}
	}
	if key == "" {
		key = `""`
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
