package text

import (
	"strings"
	"unicode"
)

// Markdown returns s as literal text of GitHub-flavoured Markdown, one line, fit
// for a paragraph, a list item and a table cell. An underscore inside a word has
// no meaning there and stays, so that q8_0 is readable in the source as well.
func Markdown(s string) string {
	r := []rune(Printable(s))
	var b strings.Builder
	for i, c := range r {
		switch {
		case c == '&':
			b.WriteString("&amp;")
			continue
		case c == '<':
			b.WriteString("&lt;")
			continue
		case c == '>':
			b.WriteString("&gt;")
			continue
		case c == '_' && inWord(r, i):
		case strings.ContainsRune("\\`*_[]|~", c), opensBlock(r, i), schemeColon(r, i):
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func inWord(r []rune, i int) bool {
	word := func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }
	return i > 0 && i+1 < len(r) && word(r[i-1]) && word(r[i+1])
}

// opensBlock: a heading, a list or a rule starts only at the start of a line, and
// its mark is followed by a blank, by itself or by nothing.
func opensBlock(r []rune, i int) bool {
	c := r[i]
	lead := strings.TrimSpace(string(r[:i]))
	if i+1 < len(r) && r[i+1] != ' ' && r[i+1] != c {
		return false
	}
	switch c {
	case '#', '-', '+', '=':
		return lead == ""
	case '.', ')':
		return lead != "" && strings.Trim(lead, "0123456789") == ""
	}
	return false
}

// schemeColon: GitHub makes a link of any http://, https:// or ftp:// it sees.
func schemeColon(r []rune, i int) bool {
	return r[i] == ':' && i+2 < len(r) && r[i+1] == '/' && r[i+2] == '/'
}

// Fence returns s as a fenced code block whose fence is longer than any run of
// backticks inside. Line breaks and tabs stay, other control characters do not.
func Fence(lang, s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	longest, run := 2, 0
	for i, l := range lines {
		lines[i] = strings.ReplaceAll(Printable(strings.ReplaceAll(l, "\t", "    ")), "\r", "")
		for _, c := range l {
			if run++; c != '`' {
				run = 0
			}
			longest = max(longest, run)
		}
		run = 0
	}
	fence := strings.Repeat("`", longest+1)
	return fence + lang + "\n" + strings.Join(lines, "\n") + "\n" + fence + "\n"
}
