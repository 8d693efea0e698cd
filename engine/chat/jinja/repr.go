package jinja

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
)

// str is Python's str(v), which is what a template prints.
func (r *run) str(v Value) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case markup:
		return string(v), nil
	case *undefined:
		return "", nil
	}
	return r.repr(v)
}

// repr is Python's repr(v).
func (r *run) repr(v Value) (string, error) {
	w := writer{r: r}
	err := w.repr(v, 0)
	return w.b.String(), err
}

// writer builds a text within the limits of its rendering.
type writer struct {
	r *run
	b strings.Builder
}

func (w *writer) text(s string) error {
	if err := w.r.build(len(s)); err != nil {
		return err
	}
	w.b.WriteString(s)
	return nil
}

func (w *writer) repr(v Value, depth int) error {
	if err := w.r.visit(depth); err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		return w.text(quote(v))
	case markup:
		return w.text("Markup(" + quote(string(v)) + ")")
	case *seq:
		return w.seq(v, depth)
	case *Dict:
		return w.dict(v, depth)
	case *namespace:
		if err := w.text("<Namespace "); err != nil {
			return err
		}
		if err := w.dict(v.attrs, depth); err != nil {
			return err
		}
		return w.text(">")
	}
	return w.text(scalar(v))
}

// scalar is the repr of what holds nothing else.
func scalar(v Value) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int64:
		return strconv.FormatInt(v, 10)
	case *big.Int:
		return v.String()
	case float64:
		return floatText(v)
	case *undefined:
		return "Undefined"
	case *generator:
		return "<generator object " + v.name + ">"
	case *macro:
		return fmt.Sprintf("<Macro %s>", quote(v.def.name))
	case *loop:
		return fmt.Sprintf("<LoopContext %d>", v.index+1)
	}
	return "<" + typeName(v) + ">"
}

func (w *writer) seq(s *seq, depth int) error {
	open, shut := "[", "]"
	switch s.kind {
	case rangeKind:
		return w.text(rangeText(s.bounds))
	case tupleKind:
		open, shut = "(", ")"
		if len(s.items) == 1 {
			shut = ",)"
		}
	case keysKind, valuesKind, itemsKind:
		open, shut = seqNames[s.kind]+"([", "])"
	}
	if err := w.text(open); err != nil {
		return err
	}
	for i, v := range s.items {
		if err := w.separate(i); err != nil {
			return err
		}
		if err := w.repr(v, depth+1); err != nil {
			return err
		}
	}
	return w.text(shut)
}

func rangeText(b [3]int64) string {
	if b[2] == 1 {
		return fmt.Sprintf("range(%d, %d)", b[0], b[1])
	}
	return fmt.Sprintf("range(%d, %d, %d)", b[0], b[1], b[2])
}

func (w *writer) separate(i int) error {
	if i == 0 {
		return nil
	}
	return w.text(", ")
}

func (w *writer) dict(d *Dict, depth int) error {
	if err := w.text("{"); err != nil {
		return err
	}
	for i, k := range d.keys {
		if err := w.separate(i); err != nil {
			return err
		}
		if err := w.repr(k, depth+1); err != nil {
			return err
		}
		if err := w.text(": "); err != nil {
			return err
		}
		if err := w.repr(d.values[i], depth+1); err != nil {
			return err
		}
	}
	return w.text("}")
}

// quote is the repr of a str: single quotes unless only those are inside.
func quote(s string) string {
	q := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		q = '"'
	}
	var b strings.Builder
	b.WriteRune(q)
	for _, c := range s {
		switch {
		case c == q || c == '\\':
			b.WriteRune('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == ' ' || unicode.IsPrint(c):
			b.WriteRune(c)
		default:
			b.WriteString(escapeRune(c))
		}
	}
	b.WriteRune(q)
	return b.String()
}

func escapeRune(c rune) string {
	switch {
	case c <= 0xff:
		return fmt.Sprintf(`\x%02x`, c)
	case c <= 0xffff:
		return fmt.Sprintf(`\u%04x`, c)
	}
	return fmt.Sprintf(`\U%08x`, c)
}

// floatText is Python's repr of a float: the shortest digits that read back the same, with an exponent below
// 1e-4 and from 1e16.
func floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
