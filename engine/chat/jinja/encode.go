package jinja

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"unicode/utf16"
)

// encoder is Python's json.dumps with its options.
type encoder struct {
	writer
	ascii      bool   // escape all that is not ASCII
	indent     string // of one level; pretty says whether there are lines at all
	pretty     bool
	item, key  string // separators
	sortedKeys bool
}

// toJSON is transformers' filter tojson: unlike Jinja's, it escapes nothing for HTML.
func toJSON(r *run, v Value, a []Value) (Value, error) {
	e := &encoder{writer: writer{r: r}, ascii: truth(a[0]), item: ", ", key: ": ", sortedKeys: truth(a[3])}
	if err := e.setIndent(a[1]); err != nil {
		return nil, err
	}
	if a[2] != nil {
		parts, err := r.iterate(a[2])
		if err != nil || len(parts) != 2 {
			return nil, fail("tojson: separators must be two texts")
		}
		for i, to := range []*string{&e.item, &e.key} {
			if *to, err = textArgument("tojson: a separator", parts[i]); err != nil {
				return nil, err
			}
		}
	}
	if err := e.value(v, 0); err != nil {
		return nil, err
	}
	return e.b.String(), nil
}

// setIndent takes a number of spaces or a text.
func (e *encoder) setIndent(v Value) error {
	if v == nil {
		return nil
	}
	e.pretty, e.item = true, ","
	if s, ok := text(v); ok {
		e.indent = s
		return nil
	}
	n, err := integerArgument("tojson: indent", v)
	if err != nil {
		return err
	}
	if err := e.r.build(max(n, 0)); err != nil {
		return err
	}
	e.indent = strings.Repeat(" ", max(n, 0))
	return nil
}

func (e *encoder) value(v Value, depth int) error {
	if err := e.r.visit(depth); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		return e.text("null")
	case bool:
		return e.text(fmt.Sprint(v))
	case int64, *big.Int:
		return e.text(scalar(v))
	case float64:
		return e.text(jsonFloat(v))
	case string:
		return e.text(e.quote(v))
	case markup:
		return e.text(e.quote(string(v)))
	case *seq:
		if v.kind <= tupleKind {
			return e.group("[", "]", len(v.items), depth, func(i int) error { return e.value(v.items[i], depth+1) })
		}
	case *Dict:
		return e.dict(v, depth)
	case *namespace: // a mapping, but not a dict
	}
	return fail("Object of type %s is not JSON serializable", typeName(v))
}

func jsonFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return floatText(f)
}

func (e *encoder) dict(d *Dict, depth int) error {
	keys, values := d.keys, d.values
	if e.sortedKeys {
		pairs, err := e.r.sorted(d.pairs(), d.keys, false)
		if err != nil {
			return err
		}
		keys, values = make([]Value, len(pairs)), make([]Value, len(pairs))
		for i, p := range pairs {
			keys[i], values[i] = p.(*seq).items[0], p.(*seq).items[1]
		}
	}
	return e.group("{", "}", len(keys), depth, func(i int) error {
		key, err := jsonKey(keys[i])
		if err != nil {
			return err
		}
		if err := e.text(e.quote(key) + e.key); err != nil {
			return err
		}
		return e.value(values[i], depth+1)
	})
}

// jsonKey is the text that a key becomes.
func jsonKey(k Value) (string, error) {
	if s, ok := text(k); ok {
		return s, nil
	}
	switch k := k.(type) {
	case nil:
		return "null", nil
	case bool:
		return fmt.Sprint(k), nil
	case int64, *big.Int:
		return scalar(k), nil
	case float64:
		return jsonFloat(k), nil
	}
	return "", fail("keys must be str, int, float, bool or None, not %s", typeName(k))
}

func (e *encoder) group(open, shut string, n, depth int, element func(i int) error) error {
	if err := e.text(open); err != nil || n == 0 {
		if err != nil {
			return err
		}
		return e.text(shut)
	}
	for i := range n {
		if i > 0 {
			if err := e.text(e.item); err != nil {
				return err
			}
		}
		if err := e.newline(depth + 1); err != nil {
			return err
		}
		if err := element(i); err != nil {
			return err
		}
	}
	if err := e.newline(depth); err != nil {
		return err
	}
	return e.text(shut)
}

func (e *encoder) newline(depth int) error {
	if !e.pretty {
		return nil
	}
	if err := e.r.repeat(depth, len(e.indent)); err != nil {
		return err
	}
	return e.text("\n" + strings.Repeat(e.indent, depth))
}

var jsonEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}

func (e *encoder) quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		escaped, special := jsonEscapes[c]
		switch {
		case special:
			b.WriteString(escaped)
		case c > 0xffff && e.ascii:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		case c < 0x20 || c > 0x7e && e.ascii:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
