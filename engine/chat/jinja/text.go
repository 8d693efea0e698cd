package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isSpace is Python's str.isspace of one character.
func isSpace(c rune) bool {
	return c >= 0x1c && c <= 0x1f || unicode.IsSpace(c)
}

// isBreak says whether str.splitlines breaks there.
func isBreak(c rune) bool {
	return c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029
}

// isWord is \w of Python's regular expressions.
func isWord(c rune) bool {
	return c == '_' || unicode.IsLetter(c) || unicode.IsNumber(c)
}

// length counts characters.
func length(s string) int { return utf8.RuneCountInString(s) }

// stripSet is the function that says what strip takes away: spaces, or the characters of chars.
func stripSet(chars Value) (func(rune) bool, error) {
	if chars == nil {
		return isSpace, nil
	}
	set, ok := text(chars)
	if !ok {
		return nil, fail("strip arg must be None or str")
	}
	if len(set) > 64 { // a search for each character: keep it short
		members := map[rune]bool{}
		for _, c := range set {
			members[c] = true
		}
		return func(c rune) bool { return members[c] }, nil
	}
	return func(c rune) bool { return strings.ContainsRune(set, c) }, nil
}

// fields is str.split() without a separator: at most count cuts, all where it is negative.
func fields(s string, count int) []string {
	var out []string
	s = strings.TrimLeftFunc(s, isSpace)
	for s != "" {
		end := strings.IndexFunc(s, isSpace)
		if end < 0 || len(out) == count {
			return append(out, s)
		}
		out = append(out, s[:end])
		s = strings.TrimLeftFunc(s[end:], isSpace)
	}
	return out
}

// fieldsRight is str.rsplit() without a separator.
func fieldsRight(s string, count int) []string {
	var out []string
	s = strings.TrimRightFunc(s, isSpace)
	for s != "" {
		at := strings.LastIndexFunc(s, isSpace)
		if at < 0 || len(out) == count {
			out = append(out, s)
			break
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		out = append(out, s[at+size:])
		s = strings.TrimRightFunc(s[:at], isSpace)
	}
	reverse(out)
	return out
}

// splitRight is str.rsplit(separator, count).
func splitRight(s, separator string, count int) []string {
	if count < 0 {
		return strings.Split(s, separator)
	}
	var out []string
	for len(out) < count {
		at := strings.LastIndex(s, separator)
		if at < 0 {
			break
		}
		out = append(out, s[at+len(separator):])
		s = s[:at]
	}
	out = append(out, s)
	reverse(out)
	return out
}

func reverse[T any](s []T) {
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}

func splitLines(s string, keepEnds bool) []string {
	var out []string
	for s != "" {
		at := strings.IndexFunc(s, isBreak)
		if at < 0 {
			return append(out, s)
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		if strings.HasPrefix(s[at:], "\r\n") {
			size = 2
		}
		if keepEnds {
			out = append(out, s[:at+size])
		} else {
			out = append(out, s[:at])
		}
		s = s[at+size:]
	}
	return out
}

func isCased(c rune) bool { return unicode.IsUpper(c) || unicode.IsLower(c) || unicode.IsTitle(c) }

// titled is str.title: a capital after everything that has no case.
func titled(s string) string {
	var b strings.Builder
	inWord := false
	for i, c := range s {
		switch {
		case !isCased(c):
			b.WriteRune(c)
		case inWord:
			b.WriteString(lowerRune(s, i, c))
		default:
			b.WriteString(titleRune(c))
		}
		inWord = isCased(c)
	}
	return b.String()
}

// capitalized is str.capitalize.
func capitalized(s string) string {
	c, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return titleRune(c) + lower(s)[len(lowerRune(s, 0, c)):]
}

func swapped(s string) string {
	var b strings.Builder
	for i, c := range s {
		switch {
		case unicode.IsUpper(c):
			b.WriteString(lowerRune(s, i, c))
		case unicode.IsLower(c):
			b.WriteString(upperRune(c))
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

var htmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;")

func escapeUnless(marked bool, s string) string {
	if marked {
		return s
	}
	return htmlEscapes.Replace(s)
}
