package dialect

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// leastPart is how much of a key, at the end of a text that was cut off, is still told from chance.
const leastPart = 8

// Redact puts a mark in place of the key: servers repeat what they refuse. It is found as it is, in hex, in base64 (alone or
// with text around it), with the escapes of URLs and of JSON, and these one in the other. A part of it where the text was cut
// short is marked too.
func (k Key) Redact(text string) string {
	if k.secret == nil || text == "" {
		return text
	}
	body := strings.TrimSuffix(text, ellipsis)
	var found spans
	forms := needles(*k.secret)
	for _, v := range views(body) {
		for _, n := range forms {
			found = n.in(v, found)
		}
	}
	if len(found) == 0 {
		return text
	}
	return found.marked(body) + text[len(body):]
}

// span is a part of a text, from a byte to the one after it.
type span struct{ from, to int }

type spans []span

// marked has a mark in place of each span, one for those that overlap.
func (s spans) marked(text string) string {
	slices.SortFunc(s, func(a, b span) int { return a.from - b.from })
	var out strings.Builder
	at := 0
	for i := 0; i < len(s); {
		to := s[i].to
		j := i + 1
		for ; j < len(s) && s[j].from < to; j++ {
			to = max(to, s[j].to)
		}
		out.WriteString(text[at:s[i].from] + keyMark)
		at, i = to, j
	}
	return out.String() + text[at:]
}

// view is a text with its escapes decoded, and where each of its bytes begins in the text as it is: one more than there are
// bytes, the last being the end.
type view struct {
	bytes []byte
	at    []int
}

// views are the text as it is, and as whoever decodes it reads it.
func views(text string) []view {
	v := view{bytes: []byte(text), at: make([]int, len(text)+1)}
	for i := range v.at {
		v.at[i] = i
	}
	all := []view{v}
	for from := 0; from < len(all) && len(all) < mostViews; from++ {
		for _, next := range []func([]byte) (byte, int){unescapeJSON, unescapeURL} {
			if d := all[from].decoded(next); len(d.bytes) < len(all[from].bytes) { // else there is nothing to decode
				all = append(all, d)
			}
		}
	}
	return all
}

// mostViews bounds how often a text is decoded: twice, in every order.
const mostViews = 6

// decoded is v with the escapes that next reads: the byte that rest begins with, and how many of its bytes are that. An
// escape that the end of the text cuts short is none of its bytes, so that what is before it is at the end.
func (v view) decoded(next func(rest []byte) (b byte, n int)) view {
	out := view{}
	for i := 0; i < len(v.bytes); {
		b, n := next(v.bytes[i:])
		if n == 0 {
			break
		}
		out.bytes, out.at = append(out.bytes, b), append(out.at, v.at[i])
		i += n
	}
	out.at = append(out.at, v.at[len(v.bytes)])
	return out
}

// unescapeURL reads "%2D". 0 stands for an escape that is cut short.
func unescapeURL(rest []byte) (byte, int) {
	if rest[0] != '%' {
		return rest[0], 1
	}
	return escaped(rest, 1, 2)
}

// unescapeJSON reads "\u002d" and "\/".
func unescapeJSON(rest []byte) (byte, int) {
	switch {
	case rest[0] != '\\':
		return rest[0], 1
	case len(rest) == 1:
		return 0, 0
	case rest[1] == 'u':
		return escaped(rest, 2, 4)
	case bytes.IndexByte([]byte(`"\/`), rest[1]) >= 0:
		return rest[1], 2
	}
	return rest[0], 1
}

// escaped reads an escape of so many hex digits behind a beginning. What is no escape of a byte is left as it is.
func escaped(rest []byte, begin, digits int) (byte, int) {
	end := min(begin+digits, len(rest))
	for _, c := range rest[begin:end] {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return rest[0], 1
		}
	}
	if end < begin+digits {
		return 0, 0
	}
	value, err := strconv.ParseUint(string(rest[begin:end]), 16, 8)
	if err != nil {
		return rest[0], 1
	}
	return byte(value), end
}

// needle is one form of a key.
type needle struct {
	text          string
	fold          func(byte) byte // makes characters alike that stand for the same
	before, after int             // characters around it that are of the key in part
	least         int             // characters at the end of a text that are told from chance
}

// needles are the forms that are looked for in each view. Of a key that is shorter than any that is given out it is the key
// alone: what is made of it could be in any text.
func needles(secret string) []needle {
	all := []needle{{text: secret, fold: asIs, least: leastPart}}
	if len(secret) < leastPart {
		return all
	}
	all = append(all, needle{text: hex.EncodeToString([]byte(secret)), fold: lower, least: 2 * leastPart})
	for shift := range 3 {
		all = append(all, inBase64(secret, shift))
	}
	return all
}

// inBase64 is what base64 makes of a key behind so many other bytes: the characters that are of the key alone.
func inBase64(secret string, shift int) needle {
	whole := base64.StdEncoding.EncodeToString(append(make([]byte, shift), secret...))
	from, to := (8*shift+5)/6, 8*(shift+len(secret))/6
	n := needle{text: whole[from:to], fold: standard, least: (4*leastPart + 2) / 3}
	if 8*shift%6 != 0 {
		n.before = 1
	}
	if 8*(shift+len(secret))%6 != 0 {
		n.after = 1
	}
	return n
}

func asIs(c byte) byte { return c }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// standard writes the alphabet that URLs and names of files have as the other one.
func standard(c byte) byte {
	switch c {
	case '-':
		return '+'
	case '_':
		return '/'
	}
	return c
}

// in adds where the needle is in a view, and the part of it at its end.
func (n needle) in(v view, found spans) spans {
	text := make([]byte, len(v.bytes))
	for i, c := range v.bytes {
		text[i] = n.fold(c)
	}
	add := func(from, to int) {
		found = append(found, span{v.at[max(from-n.before, 0)], v.at[min(to+n.after, len(text))]})
	}
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte(n.text))
		if i < 0 {
			break
		}
		add(at+i, at+i+len(n.text))
		at += i + len(n.text)
	}
	for part := len(n.text) - 1; part >= n.least; part-- {
		if bytes.HasSuffix(text, []byte(n.text[:part])) {
			add(len(text)-part, len(text))
			break
		}
	}
	return found
}
