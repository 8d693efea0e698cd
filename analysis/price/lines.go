package price

import (
	"fmt"
	"regexp"
	"strings"
)

// lines maps the path of a table or a key to the line on which it begins. The TOML
// parser's own metadata has keys but no lines.
type lines map[string]int

var (
	header = regexp.MustCompile(`^[ \t]*(\[\[?)[ \t]*([^\]\n]+?)[ \t]*\]`)
	keyOf  = regexp.MustCompile(`^[ \t]*(?:([A-Za-z0-9_-]+)|"([^"\n]*)"|'([^'\n]*)')[ \t]*[=.]`)
)

// find is tolerant: the parser proper has judged the syntax already. Keys inside arrays
// and inline tables have no line of their own, but that of what they are in.
func find(text string) lines {
	at, counts := lines{}, map[string]int{}
	table, line := "", 1
	for text != "" {
		s := statement(text)
		body := strings.TrimLeft(s, " \t\r\n")
		first := line + strings.Count(s[:len(s)-len(body)], "\n")
		if m := header.FindStringSubmatch(body); m != nil {
			table = at.open(counts, strings.Split(m[2], "."), m[1] == "[[", first)
		} else if m := keyOf.FindStringSubmatch(body); m != nil {
			at.note(joinKey(table, m[1]+m[2]+m[3]), first)
		}
		line += strings.Count(s, "\n")
		text = text[len(s):]
	}
	return at
}

// open notes a header and returns the path of the table that keys belong to from there on.
func (at lines) open(counts map[string]int, parts []string, array bool, line int) string {
	path := ""
	for i, part := range parts {
		path = joinKey(path, strings.Trim(part, ` "'`))
		n, isArray := counts[path]
		switch {
		case array && i == len(parts)-1:
			at.note(path, line)
			counts[path] = n + 1
			path = element(path, n)
		case isArray:
			path = element(path, n-1)
		}
		at.note(path, line)
	}
	return path
}

func (at lines) note(path string, line int) {
	if _, known := at[path]; !known {
		at[path] = line
	}
}

// of is the line of path, or of what encloses it: the file itself begins on line 1.
func (at lines) of(path string) int {
	for path != "" {
		if n, ok := at[path]; ok {
			return n
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 1
}

// statement is the text up to and with the first end of line that is in no string,
// array or inline table.
func statement(text string) string {
	depth := 0
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '#':
			i += len(text[i:]) - len(strings.TrimLeftFunc(text[i:], func(r rune) bool { return r != '\n' }))
			continue
		case '"', '\'':
			i += quoted(text[i:])
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '\n':
			if depth <= 0 {
				return text[:i+1]
			}
		}
		i++
	}
	return text
}

// quoted is the length of the string that text begins with, of any of the four kinds.
func quoted(text string) int {
	quote, i := text[:1], 1
	many := strings.HasPrefix(text, strings.Repeat(quote, 3))
	mark := quote
	if many {
		mark, i = strings.Repeat(quote, 3), 3
	}
	for i < len(text) && !strings.HasPrefix(text[i:], mark) {
		switch {
		case text[i] == '\n' && !many:
			return i
		case text[i] == '\\' && quote == `"`:
			i++
		}
		i++
	}
	i = min(i+len(mark), len(text))
	for extra := 0; many && extra < 2 && strings.HasPrefix(text[i:], quote); extra++ { // a long string may end in more quotes
		i++
	}
	return i
}

func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func joinKey(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
