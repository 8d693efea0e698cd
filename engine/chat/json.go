package chat

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// writeJSON writes v as Python's json.dumps(v, ensure_ascii=False, indent=indent or None) does, with the keys
// of objects in order. v is what exec.Value.ToGoSimpleType gives.
func writeJSON(out *strings.Builder, v any, indent, level int) {
	switch v := v.(type) {
	case nil:
		out.WriteString("null")
	case string:
		quoteJSON(out, v)
	case []any:
		writeElements(out, "[", "]", len(v), indent, level, func(i int) { writeJSON(out, v[i], indent, level+1) })
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		writeElements(out, "{", "}", len(keys), indent, level, func(i int) {
			quoteJSON(out, keys[i])
			out.WriteString(": ")
			writeJSON(out, v[keys[i]], indent, level+1)
		})
	default: // bool, int, float64
		fmt.Fprint(out, v)
	}
}

func writeElements(out *strings.Builder, open, end string, n, indent, level int, element func(i int)) {
	out.WriteString(open)
	for i := range n {
		if i > 0 {
			out.WriteByte(',')
		}
		if indent > 0 {
			out.WriteString("\n" + strings.Repeat(" ", indent*(level+1)))
		} else if i > 0 {
			out.WriteByte(' ')
		}
		element(i)
	}
	if indent > 0 && n > 0 {
		out.WriteString("\n" + strings.Repeat(" ", indent*level))
	}
	out.WriteString(end)
}

func quoteJSON(out *strings.Builder, s string) {
	escapes := map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}
	out.WriteByte('"')
	for _, r := range s {
		if escaped, ok := escapes[r]; ok {
			out.WriteString(escaped)
		} else if r < 0x20 {
			fmt.Fprintf(out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}
