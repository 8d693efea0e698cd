package text

import (
	"strings"
	"unicode"
)

// Printable returns s as one line that is safe to show: control characters and
// line breaks become spaces, and characters that change the direction or the
// visibility of the text around them (Unicode category Cf) and invalid UTF-8
// become U+FFFD. Escaping for HTML or Markdown is the writer's own matter.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cf, r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Shorten returns s in at most n runes; where it cuts, it keeps the start and the
// end, because arm names differ in both.
func Shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	if n < 3 {
		return string(r[:max(n, 0)])
	}
	head := n / 2
	return string(r[:head]) + "…" + string(r[len(r)-(n-1-head):])
}
