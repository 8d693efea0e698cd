package pbtxt

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind is what a token is.
type kind int

const (
	end kind = iota
	name
	number
	text
	sign // one of the characters that divide
)

// token is one word of the text, from the byte at.
type token struct {
	kind kind
	text string // of a text, what it says
	at   int
}

// is says whether t is a sign, "" for the end.
func (t token) is(s string) bool {
	if s == "" {
		return t.kind == end
	}
	return t.kind == sign && t.text == s
}

func (t token) describe() string {
	const most = 40
	s := t.text
	switch {
	case t.kind == end:
		return "the end"
	case t.kind == text:
		s = quote(s)
	}
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// lexer cuts the text into tokens.
type lexer struct {
	src string
	pos int

	lines, counted int // ends of lines up to a byte, so that each is counted once
}

// line is that of a byte, from 1.
func (l *lexer) line(at int) int {
	if at < l.counted {
		l.lines, l.counted = 0, 0
	}
	l.lines += strings.Count(l.src[l.counted:at], "\n")
	l.counted = at
	return 1 + l.lines
}

func (l *lexer) wrong(at int, found, expected string) error {
	begin := 1 + strings.LastIndexByte(l.src[:at], '\n')
	return &Error{l.line(at), 1 + utf8.RuneCountInString(l.src[begin:at]), found, expected}
}

// space goes on to what is neither space nor comment.
func (l *lexer) space() {
	for l.pos < len(l.src) {
		switch l.src[l.pos] {
		case ' ', '\t', '\r', '\n', '\v', '\f':
			l.pos++
		case '#':
			rest := l.src[l.pos:]
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				l.pos += i
			} else {
				l.pos = len(l.src)
			}
		default:
			return
		}
	}
}

const signs = "{}<>[]:,;-"

var (
	names   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)
	numbers = regexp.MustCompile(`^(0[xX][0-9a-fA-F]+|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fF]?)`)
	glued   = regexp.MustCompile(`^[A-Za-z0-9_.]`)
	octals  = regexp.MustCompile(`^0\d`)
	eighths = regexp.MustCompile(`^0[0-7]+$`)
)

// token reads the next one.
func (l *lexer) token() (token, error) {
	l.space()
	at, rest := l.pos, l.src[l.pos:]
	switch {
	case rest == "":
		return token{kind: end, at: at}, nil
	case rest[0] == '"' || rest[0] == '\'':
		s, err := l.text()
		return token{text, s, at}, err
	case names.MatchString(rest):
		return l.word(name, names.FindString(rest))
	case numbers.MatchString(rest):
		return l.word(number, numbers.FindString(rest))
	case strings.IndexByte(signs, rest[0]) >= 0:
		l.pos++
		return token{sign, rest[:1], at}, nil
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return token{}, l.wrong(at, strconv.QuoteRune(r), "a name, a number, a text or one of "+signs)
}

// word takes a name or a number, which nothing may be glued to.
func (l *lexer) word(k kind, s string) (token, error) {
	at := l.pos
	l.pos += len(s)
	switch {
	case glued.MatchString(l.src[l.pos:]):
		return token{}, l.wrong(l.pos, strconv.Quote(l.src[l.pos:l.pos+1]), "a space behind "+s)
	case k == number && octals.MatchString(s) && !strings.ContainsAny(s, ".eE") && !eighths.MatchString(s):
		return token{}, l.wrong(at, s, "a number without a zero before it, or an octal one")
	}
	return token{k, s, at}, nil
}

// text reads one in quotes, and what its escapes stand for.
func (l *lexer) text() (string, error) {
	at, mark := l.pos, l.src[l.pos]
	var b strings.Builder
	for l.pos++; l.pos < len(l.src); {
		switch c := l.src[l.pos]; c {
		case mark:
			l.pos++
			return b.String(), nil
		case '\n':
			return "", l.wrong(l.pos, "the end of the line", "the "+string(mark)+" that ends the text")
		case '\\':
			if err := l.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	return "", l.wrong(at, "a text without an end", "the "+string(mark)+" that ends it")
}

// single are escapes of one character.
var single = map[byte]byte{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '?': '?', '\\': '\\', '\'': '\'', '"': '"'}

// numeric are the escapes by number: digits, base, and whether they name a character rather than a byte.
var numeric = []struct {
	digits *regexp.Regexp
	base   int
	rune   bool
}{
	{regexp.MustCompile(`^()([0-7]{1,3})`), 8, false},
	{regexp.MustCompile(`^([xX])([0-9a-fA-F]{1,2})`), 16, false},
	{regexp.MustCompile(`^(u)([0-9a-fA-F]{4})`), 16, true},
	{regexp.MustCompile(`^(U)([0-9a-fA-F]{8})`), 16, true},
}

// escape reads one, from its backslash.
func (l *lexer) escape(b *strings.Builder) error {
	rest := l.src[l.pos+1:]
	if rest != "" {
		if c, ok := single[rest[0]]; ok {
			b.WriteByte(c)
			l.pos += 2
			return nil
		}
	}
	for _, n := range numeric {
		m := n.digits.FindStringSubmatch(rest)
		if m == nil {
			continue
		}
		code, err := strconv.ParseUint(m[2], n.base, 32)
		if err != nil || n.rune && !utf8.ValidRune(rune(code)) || !n.rune && code > 0xff {
			break
		}
		if n.rune {
			b.WriteRune(rune(code))
		} else {
			b.WriteByte(byte(code))
		}
		l.pos += 1 + len(m[0])
		return nil
	}
	return l.wrong(l.pos, "a backslash", "an escape such as \\n, \\\", \\101 or \\x41 behind it")
}
