package chat

import "strings"

// trimBlocks applies trim_blocks, lstrip_blocks and the loss of one final newline to a template's source, so that
// the engine, whose own lstrip_blocks also eats spaces after an expression, need not.
//
// A newline after a tag is moved into the tag instead of being removed, which keeps line
// numbers true; spaces before a tag go if nothing else is on the line before them.
// A sign next to the delimiter ({%+ +%}) suppresses either.
func trimBlocks(source string) string {
	source = strings.ReplaceAll(strings.ReplaceAll(source, "\r\n", "\n"), "\r", "\n")
	b := blockTrimmer{src: strings.TrimSuffix(source, "\n")}
	for b.next() {
	}
	return b.out.String()
}

type blockTrimmer struct {
	src string
	at  int // everything before is written
	out strings.Builder
}

// next copies the text up to the next tag and that tag; false at the end.
func (b *blockTrimmer) next() bool {
	start := b.find()
	if start < 0 {
		b.out.WriteString(b.src[b.at:])
		return false
	}
	if b.src[start+1] == '{' {
		end := expressionEnd(b.src, start+2, "}}")
		b.out.WriteString(b.src[b.at:end])
		b.at = end
		return true
	}
	raw := b.tag(start)
	if raw {
		b.rawText()
	}
	return true
}

// find is the start of the next tag, or -1.
func (b *blockTrimmer) find() int {
	for i := b.at; ; i++ {
		k := strings.IndexByte(b.src[i:], '{')
		if k < 0 || i+k+1 >= len(b.src) {
			return -1
		}
		i += k
		if strings.IndexByte("{%#", b.src[i+1]) >= 0 {
			return i
		}
	}
}

// tag copies the text before the {% or {# at start and the tag, and says whether it opens raw text.
func (b *blockTrimmer) tag(start int) (raw bool) {
	b.textBefore(start)
	end := 0
	if b.src[start+1] == '#' {
		end = closing(b.src, start+2, "#}")
	} else {
		end = expressionEnd(b.src, start+2, "%}")
	}
	if end-start < len("{%%}") {
		b.out.WriteString(b.src[start:end])
		b.at = end
		return false
	}
	body, open, shut := b.src[start+2:end-2], b.src[start:start+2], b.src[end-2:end]
	body = strings.TrimPrefix(body, "+")
	sign := body != "" && strings.IndexByte("+-", body[len(body)-1]) >= 0
	body = strings.TrimSuffix(body, "+")
	raw = open == "{%" && strings.Trim(body, "- \t\n") == "raw"
	b.out.WriteString(open + body)
	if !raw && !sign && strings.HasPrefix(b.src[end:], "\n") {
		b.out.WriteByte('\n')
		end++
	}
	b.out.WriteString(shut)
	b.at = end
	return raw
}

// textBefore copies the text up to the tag at start without the spaces that only indent the tag.
func (b *blockTrimmer) textBefore(start int) {
	text := b.src[b.at:start]
	line := strings.LastIndexByte(text, '\n') + 1
	lineStart := line > 0 || b.at == 0 || b.src[b.at-1] == '\n'
	signed := start+2 < len(b.src) && strings.IndexByte("+-", b.src[start+2]) >= 0
	if lineStart && !signed && strings.Trim(text[line:], " \t") == "" {
		text = text[:line]
	}
	b.out.WriteString(text)
}

// rawText copies up to and with {% endraw %}, taking nothing in between for a tag.
func (b *blockTrimmer) rawText() {
	for from := b.at; ; {
		k := strings.Index(b.src[from:], "{%")
		if k < 0 {
			b.out.WriteString(b.src[b.at:])
			b.at = len(b.src)
			return
		}
		from += k
		if name := strings.TrimLeft(b.src[from+2:], "+- \t\n"); strings.HasPrefix(name, "endraw") {
			b.tag(from)
			return
		}
		from += 2
	}
}

// closing is the position after the next mark at or after i, or the end of s.
func closing(s string, i int, mark string) int {
	if k := strings.Index(s[i:], mark); k >= 0 {
		return i + k + len(mark)
	}
	return len(s)
}

// expressionEnd is closing for tags with an expression inside, where the mark may also occur in
// string literals or close two dictionaries.
func expressionEnd(s string, i int, mark string) int {
	braces := 0
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case braces == 0 && strings.HasPrefix(s[i:], mark):
			return i + len(mark)
		case c == '{':
			braces++
		case c == '}':
			braces = max(braces-1, 0)
		case c == '\'' || c == '"':
			i = literalEnd(s, i)
		}
	}
	return len(s)
}

// literalEnd is the position of the quote that closes the string literal at s[i].
func literalEnd(s string, i int) int {
	quote := s[i]
	for i++; i < len(s) && s[i] != quote; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	return i
}
