package jinja

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// literal adds the string at the start of rest and gives its length with quotes.
func (l *lexer) literal(rest string) (int, error) {
	end := 1
	for end < len(rest) && rest[end] != rest[0] {
		if rest[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(rest) {
		return 0, l.fail("the string is not closed by %c", rest[0])
	}
	s, err := unescape(rest[1:end])
	if err != nil {
		return 0, l.fail("%s", err.Error())
	}
	l.add(stringToken, s, s)
	return end + 1, nil
}

var simpleEscapes = map[byte]string{
	'\\': "\\", '\'': "'", '"': "\"", 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v", '\n': "",
}

// unescape decodes Python's escapes; unknown ones stay as they are.
func unescape(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for s != "" {
		at := strings.IndexByte(s, '\\')
		if at < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:at])
		size, err := escape(&b, s[at:])
		if err != nil {
			return "", err
		}
		s = s[at+size:]
	}
	return b.String(), nil
}

// escape writes what the escape at the start of s means and gives its length.
func escape(b *strings.Builder, s string) (int, error) {
	c := s[1] // literal saw to it that a character follows
	if plain, ok := simpleEscapes[c]; ok {
		b.WriteString(plain)
		return 2, nil
	}
	switch {
	case c >= '0' && c <= '7':
		size := 2
		for size < len(s) && size < 4 && s[size] >= '0' && s[size] <= '7' {
			size++
		}
		n, _ := strconv.ParseUint(s[1:size], 8, 32)
		b.WriteRune(rune(n))
		return size, nil
	case c == 'x' || c == 'u' || c == 'U':
		size := map[byte]int{'x': 4, 'u': 6, 'U': 10}[c]
		n, err := strconv.ParseUint(s[2:min(size, len(s))], 16, 32)
		if err != nil || len(s) < size || n > utf8.MaxRune {
			return 0, fmt.Errorf("expected %d hexadecimal digits of a character after \\%c in the string", size-2, c)
		}
		b.WriteRune(rune(n))
		return size, nil
	case c == 'N':
		return 0, fmt.Errorf("\\N in the string: characters by name are not supported")
	case c >= utf8.RuneSelf: // Jinja escapes the character first, and so this backslash escapes that backslash
		r, width := utf8.DecodeRuneInString(s[1:])
		b.WriteString(escapeRune(r))
		return 1 + width, nil
	}
	b.WriteString(s[:2])
	return 2, nil
}

// numberSize is the length of the number that s begins with, 0 for none.
func numberSize(s string) int {
	whole := digitsSize(s)
	if whole == 0 {
		return 0
	}
	size := whole
	if strings.HasPrefix(s[size:], ".") {
		if n := digitsSize(s[size+1:]); n > 0 {
			size += 1 + n
		}
	}
	size += exponentSize(s[size:])
	if size > whole {
		return size
	}
	return integerSize(s)
}

// digitsSize counts digits and the single underscores between them.
func digitsSize(s string) int { return digitRun(s, "0123456789") }

func digitRun(s, digits string) int {
	size := 0
	for size < len(s) {
		switch {
		case strings.IndexByte(digits, s[size]) >= 0:
			size++
		case size > 0 && s[size] == '_' && size+1 < len(s) && strings.IndexByte(digits, s[size+1]) >= 0:
			size += 2
		default:
			return size
		}
	}
	return size
}

func exponentSize(s string) int {
	if s == "" || s[0] != 'e' && s[0] != 'E' {
		return 0
	}
	sign := len(signAt(s, 1))
	n := digitsSize(s[1+sign:])
	if n == 0 {
		return 0
	}
	return 1 + sign + n
}

// integerSize knows 0x, 0o and 0b; after another 0 only zeros belong to the number.
func integerSize(s string) int {
	if s[0] != '0' {
		return digitsSize(s)
	}
	if len(s) > 2 {
		digits := map[byte]string{'x': "0123456789abcdefABCDEF", 'o': "01234567", 'b': "01"}[s[1]|0x20]
		if rest := strings.TrimPrefix(s[2:], "_"); digits != "" {
			if n := digitRun(rest, digits); n > 0 {
				return len(s) - len(rest) + n
			}
		}
	}
	return digitRun(s, "0")
}

const maxDigits = 4300 // of an integer's text, as in Python

func parseNumber(s string) (Value, error) {
	if len(s) > maxDigits {
		return nil, fmt.Errorf("a number has more than %d digits", maxDigits)
	}
	s = strings.ReplaceAll(s, "_", "")
	if i, ok := new(big.Int).SetString(s, 0); ok {
		return normal(i), nil
	}
	if i, ok := new(big.Int).SetString(s, 10); ok { // 00
		return normal(i), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && f == 0 {
		return nil, fmt.Errorf("expected a number, found %q", s)
	}
	return f, nil
}
