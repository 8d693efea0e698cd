package jinja

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// lexer cuts a template into tokens as Jinja does with trim_blocks and lstrip_blocks on: the first newline after
// a tag or comment and the blanks before one on its own line are layout. A "-" next to a delimiter takes all
// white space on that side, a "+" keeps what would be layout.
type lexer struct {
	source string // with \n for every line break and without the last one
	pos    int
	line   int
	fresh  bool // the text before pos ends a line, or there is none
	tokens []token
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func lex(source string) ([]token, error) {
	source = strings.TrimSuffix(newlines.Replace(source), "\n")
	l := &lexer{source: source, line: 1, fresh: true}
	for l.pos < len(l.source) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	l.add(endToken, "", nil)
	return l.tokens, nil
}

func (l *lexer) add(kind tokenKind, text string, value Value) {
	l.tokens = append(l.tokens, token{kind: kind, line: l.line, text: text, value: value})
}

// advance moves n bytes ahead.
func (l *lexer) advance(n int) {
	l.line += strings.Count(l.source[l.pos:l.pos+n], "\n")
	l.pos += n
	l.fresh = n > 0 && l.source[l.pos-1] == '\n'
}

func (l *lexer) fail(format string, args ...any) error {
	return &Error{Line: l.line, Message: fmt.Sprintf(format, args...)}
}

// next takes the text up to a tag, and the tag.
func (l *lexer) next() error {
	rest := l.source[l.pos:]
	at := strings.IndexByte(rest, '{')
	for at >= 0 && (at+1 == len(rest) || !strings.ContainsRune("{%#", rune(rest[at+1]))) {
		next := strings.IndexByte(rest[at+1:], '{')
		if next < 0 {
			at = -1
			break
		}
		at += 1 + next
	}
	if at < 0 {
		l.data(rest)
		l.advance(len(rest))
		return nil
	}
	kind := rest[at+1]
	sign := signAt(rest, at+2)
	l.data(l.stripped(rest[:at], sign, kind != '{'))
	if size, ok := rawSize(rest[at:]); ok {
		l.advance(at + size)
		return l.raw()
	}
	l.advance(at)
	tag := l.pos
	l.advance(2 + len(sign))
	switch kind {
	case '#':
		return l.comment()
	case '%':
		l.tokens = append(l.tokens, token{kind: openTagToken, line: l.line, text: l.source[tag : tag+2]})
		return l.expression("%}", closeTagToken)
	}
	l.tokens = append(l.tokens, token{kind: openToken, line: l.line, text: l.source[tag : tag+2]})
	return l.expression("}}", closeToken)
}

func (l *lexer) data(s string) {
	if s != "" {
		l.add(dataToken, s, nil)
	}
}

// stripped is the text before a tag, less what the tag's sign or lstrip_blocks takes.
func (l *lexer) stripped(s, sign string, isBlock bool) string {
	switch {
	case sign == "-":
		return strings.TrimRightFunc(s, isSpace)
	case sign == "+" || !isBlock:
		return s
	}
	start := strings.LastIndexByte(s, '\n') + 1
	if (start > 0 || l.fresh) && strings.TrimLeftFunc(s[start:], isSpace) == "" {
		return s[:start]
	}
	return s
}

// signAt is the "-" or "+" at s[i:], if any.
func signAt(s string, i int) string {
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		return s[i : i+1]
	}
	return ""
}

// rawSize is the length of the raw tag that s begins with, a sign and the space that it takes included.
func rawSize(s string) (int, bool) {
	if !strings.HasPrefix(s, "{%") {
		return 0, false
	}
	rest, ok := strings.CutPrefix(skipSpace(s[2+len(signAt(s, 2)):]), "raw")
	if !ok {
		return 0, false
	}
	rest = skipSpace(rest)
	if after, ok := strings.CutPrefix(rest, "-%}"); ok {
		return len(s) - len(skipSpace(after)), true
	}
	after, ok := strings.CutPrefix(rest, "%}")
	return len(s) - len(after), ok
}

func skipSpace(s string) string { return strings.TrimLeftFunc(s, isSpace) }

// raw takes text up to the endraw tag.
func (l *lexer) raw() error {
	rest := l.source[l.pos:]
	for at := 0; ; at += 2 {
		next := strings.Index(rest[at:], "{%")
		if next < 0 {
			return l.fail("{%% raw %%} is not closed by {%% endraw %%}")
		}
		at += next
		sign := signAt(rest, at+2)
		after, ok := strings.CutPrefix(skipSpace(rest[at+2+len(sign):]), "endraw")
		if !ok {
			continue
		}
		if size, ok := closing(skipSpace(after), "%}", true); ok {
			l.data(l.stripped(rest[:at], sign, true))
			l.advance(len(rest) - len(skipSpace(after)) + size)
			return nil
		}
	}
}

// closing is the length of a closing delimiter at the start of s, with the white space that it takes.
func closing(s, delimiter string, trim bool) (int, bool) {
	if after, ok := strings.CutPrefix(s, "-"+delimiter); ok {
		return len(s) - len(skipSpace(after)), true
	}
	if trim && strings.HasPrefix(s, "+"+delimiter) {
		return 1 + len(delimiter), true
	}
	after, ok := strings.CutPrefix(s, delimiter)
	if !ok {
		return 0, false
	}
	if trim && strings.HasPrefix(after, "\n") {
		return len(delimiter) + 1, true
	}
	return len(delimiter), true
}

func (l *lexer) comment() error {
	rest := l.source[l.pos:]
	at := strings.Index(rest, "#}")
	if at < 0 {
		return l.fail("the comment is not closed by #}")
	}
	if at > 0 && (rest[at-1] == '-' || rest[at-1] == '+') {
		at--
	}
	size, _ := closing(rest[at:], "#}", true)
	l.advance(at + size)
	return nil
}

// expression takes tokens up to the closing delimiter, which brackets inside may hide.
func (l *lexer) expression(delimiter string, kind tokenKind) error {
	var open []byte // the closing brackets that are due
	for l.pos < len(l.source) {
		rest := l.source[l.pos:]
		if size, ok := closing(rest, delimiter, kind == closeTagToken); ok && len(open) == 0 {
			l.add(kind, delimiter, nil)
			l.advance(size)
			return nil
		}
		if space := len(rest) - len(skipSpace(rest)); space > 0 {
			l.advance(space)
			continue
		}
		size, err := l.inner(rest)
		if err != nil {
			return err
		}
		if open, err = l.balance(open, rest[:size]); err != nil {
			return err
		}
		l.advance(size)
	}
	l.fresh = false
	return nil // the parser says what is missing
}

// inner adds the token at the start of rest and gives its length.
func (l *lexer) inner(rest string) (int, error) {
	size := numberSize(rest)
	if size > 0 && l.tokens[len(l.tokens)-1].is(operatorToken, ".") { // an index, as in x.0.1
		size = integerSize(rest)
	}
	if size > 0 {
		v, err := parseNumber(rest[:size])
		if err != nil {
			return 0, l.fail("%s", err.Error())
		}
		l.add(numberToken, rest[:size], v)
		return size, nil
	}
	c, width := utf8.DecodeRuneInString(rest)
	switch {
	case isWord(c):
		size := len(rest) - len(strings.TrimLeftFunc(rest, isWord))
		l.add(nameToken, rest[:size], nil)
		return size, nil
	case c == '"' || c == '\'':
		return l.literal(rest)
	}
	for _, size := range []int{2, 1} {
		if size <= len(rest) && isOperator(rest[:size]) {
			l.add(operatorToken, rest[:size], nil)
			return size, nil
		}
	}
	return 0, l.fail("unexpected character %q", rest[:width])
}

func isOperator(s string) bool {
	switch s {
	case "+", "-", "/", "//", "*", "%", "**", "~", "[", "]", "(", ")", "{", "}", "==", "!=", ">", ">=", "<", "<=", "=", ".", ":", "|", ",", ";":
		return true
	}
	return false
}

// balance keeps the brackets that are due after the token s.
func (l *lexer) balance(open []byte, s string) ([]byte, error) {
	switch s {
	case "(":
		return append(open, ')'), nil
	case "[":
		return append(open, ']'), nil
	case "{":
		return append(open, '}'), nil
	case ")", "]", "}":
		if len(open) == 0 {
			return nil, l.fail("unexpected %q", s)
		}
		if due := open[len(open)-1]; due != s[0] {
			return nil, l.fail("unexpected %q; expected %q", s, string(due))
		}
		return open[:len(open)-1], nil
	}
	return open, nil
}
