package scenario

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/analysis/strict"
)

// reader collects the problems of one file while its tables are read.
type reader struct {
	file     string
	where    strict.Positions
	problems []*strict.Problem
}

// report notes a problem at path, or at the nearest enclosing path that has a line.
func (r *reader) report(path, found, expected, suggestion string) {
	r.problems = append(r.problems, &strict.Problem{File: r.file, Line: r.where.LineOf(path), Key: path,
		Found: found, Expected: expected, Suggestion: suggestion})
}

// table reads the keys of one table and remembers which were asked for, so that
// the list of known keys is the code that reads them and nothing else.
type table struct {
	*reader
	path   string
	values map[string]any
	known  []string
}

func (t *table) key(name string) string { return strict.Key(t.path, name) }

// take returns the raw value of a key and marks the key as known.
func (t *table) take(name string) (any, bool) {
	t.known = append(t.known, name)
	v, ok := t.values[name]
	return v, ok
}

// has says whether the file gives the key.
func (t *table) has(name string) bool {
	_, ok := t.values[name]
	return ok
}

// bad reports a value that is not what was expected.
func (t *table) bad(name string, v any, expected, suggestion string) {
	t.report(t.key(name), strict.Describe(v), expected, suggestion)
}

// missing reports a required key.
func (t *table) missing(name, expected, example string) {
	t.known = append(t.known, name)
	t.report(t.key(name), "missing", expected, "add "+name+" = "+example)
}

// renamed says what became of keys of earlier versions.
var renamed = map[string]string{
	"prefix_reuse": `write prefix_cache = "hash" for true, "none" for false`,
}

// finish reports the keys of the table that nothing asked for.
func (t *table) finish() {
	for _, name := range slices.Sorted(maps.Keys(t.values)) {
		if slices.Contains(t.known, name) {
			continue
		}
		known := slices.Sorted(slices.Values(t.known))
		switch guess := near.Word(name, known); {
		case renamed[name] != "":
			t.report(t.key(name), "unknown key", "", renamed[name])
		case guess != "":
			t.report(t.key(name), "unknown key", "", `did you mean "`+guess+`"?`)
		case t.path != "engine" && isSetting(name):
			t.report(t.key(name), "unknown key", "", "engine settings belong in [engine]")
		default:
			t.report(t.key(name), "unknown key", "one of "+strings.Join(slices.Compact(known), ", "), "")
		}
	}
}

// child opens a subtable; ok is false where the file has none. A value that is no
// table is reported.
func (t *table) child(name string) (*table, bool) {
	v, ok := t.take(name)
	if !ok {
		return nil, false
	}
	return t.asTable(t.key(name), v)
}

func (r *reader) asTable(path string, v any) (*table, bool) {
	m, ok := v.(map[string]any)
	if !ok {
		r.report(path, strict.Describe(v), "a table", "")
		return nil, false
	}
	return &table{reader: r, path: path, values: m}, true
}

// children opens an array of tables, written as [[name]] or inline.
func (t *table) children(name string) []*table {
	v, ok := t.take(name)
	if !ok {
		return nil
	}
	var all []*table
	switch list := v.(type) {
	case []map[string]any:
		for i, m := range list {
			all = append(all, &table{reader: t.reader, path: strict.Element(t.key(name), i), values: m})
		}
	case []any:
		for i, v := range list {
			if c, ok := t.asTable(strict.Element(t.key(name), i), v); ok {
				all = append(all, c)
			}
		}
	default:
		suggestion := ""
		if _, isTable := v.(map[string]any); isTable {
			suggestion = "write [[" + t.key(name) + "]] with double brackets"
		}
		t.bad(name, v, "an array of tables", suggestion)
	}
	return all
}

// text reads a string; empty strings pass only where def is empty.
func (t *table) text(name, def string) string {
	v, ok := t.take(name)
	if !ok {
		return def
	}
	s, ok := v.(string)
	if !ok {
		t.bad(name, v, "a string", fmt.Sprintf(`write %s = "%v"`, name, v))
		return def
	}
	if strings.TrimSpace(s) == "" && s != def {
		t.bad(name, v, "a non-empty string", "")
		return def
	}
	return s
}

// requiredText is text for a key that must be there.
func (t *table) requiredText(name, expected, example string) string {
	if !t.has(name) {
		t.missing(name, expected, example)
		return ""
	}
	v, _ := t.take(name)
	s, ok := v.(string)
	if !ok || strings.TrimSpace(s) == "" {
		t.bad(name, v, expected, "")
		return ""
	}
	return s
}

// choice reads a string out of a list.
func (t *table) choice(name, def string, options []string) string {
	v, ok := t.take(name)
	if !ok {
		return def
	}
	if s, ok := v.(string); ok {
		if slices.Contains(options, s) {
			return s
		}
		t.bad(name, v, oneOf(options), near.Suggestion(s, options))
		return def
	}
	t.bad(name, v, oneOf(options), "")
	return def
}

// integer reads a whole number in [lo, hi].
func (t *table) integer(name string, def, lo, hi int) int {
	v, ok := t.take(name)
	if !ok {
		return def
	}
	n, err := wholeNumber(v, lo, hi)
	if err != nil {
		t.bad(name, v, err.expected, err.suggest(name))
		return def
	}
	return n
}

// interval is a range of numbers that are accepted, with its wording.
type interval struct {
	lo, hi float64
	open   bool // lo itself is not accepted
}

func (r interval) has(x float64) bool {
	return x <= r.hi && (x > r.lo || !r.open && x == r.lo)
}

func (r interval) String() string {
	from := "at least "
	if r.open {
		from = "above "
	}
	from += strict.Decimal(r.lo)
	if math.IsInf(r.hi, 1) {
		return "a number " + from
	}
	return "a number " + from + " and at most " + strict.Decimal(r.hi)
}

// number reads an integer or a float in a range.
func (t *table) number(name string, def float64, r interval) float64 {
	v, ok := t.take(name)
	if !ok {
		return def
	}
	x, ok := asFloat(v)
	if !ok || !r.has(x) {
		t.bad(name, v, r.String(), unquoted(name, v))
		return def
	}
	return x
}

// boolean reads true or false.
func (t *table) boolean(name string, def bool) bool {
	v, ok := t.take(name)
	if !ok {
		return def
	}
	b, ok := v.(bool)
	if !ok {
		t.bad(name, v, "true or false", unquoted(name, v))
		return def
	}
	return b
}

// duration reads a Go duration above zero, such as "30s".
func (t *table) duration(name string, def time.Duration, example string) time.Duration {
	v, ok := t.take(name)
	if !ok {
		return def
	}
	expected := "a duration above 0 in quotes, with its unit (ns, us, ms, s, m, h)"
	s, isText := v.(string)
	if !isText {
		t.bad(name, v, expected, fmt.Sprintf("write %s = %q", name, example))
		return def
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		t.bad(name, v, expected, fmt.Sprintf("write %s = %q", name, example))
		return def
	}
	return d
}

// list returns the elements of an array that must not be empty.
func (t *table) list(name, of string) []any {
	v, ok := t.take(name)
	if !ok {
		return nil
	}
	l, ok := v.([]any)
	if !ok {
		t.bad(name, v, "an array of "+of, fmt.Sprintf("write %s = [%s]", name, t.where[t.key(name)].Text))
		return nil
	}
	if len(l) == 0 {
		t.bad(name, v, "an array of "+of+" with at least one", "")
	}
	return l
}

// numberError says which whole numbers are accepted.
type numberError struct {
	value    any
	expected string
}

// suggest shows the line to write where the value is a number in quotes.
func (e *numberError) suggest(name string) string { return unquoted(name, e.value) }

// wholeNumber accepts integers in [lo, hi].
func wholeNumber(v any, lo, hi int) (int, *numberError) {
	n, ok := v.(int64)
	if !ok || n < int64(lo) || n > int64(hi) {
		expected := fmt.Sprintf("a whole number from %d to %d", lo, hi)
		if hi == math.MaxInt {
			expected = fmt.Sprintf("a whole number of at least %d", lo)
		}
		return 0, &numberError{v, expected}
	}
	return int(n), nil
}

// unquoted suggests the bare form of a number or boolean that was put in quotes.
func unquoted(name string, v any) string {
	s, ok := v.(string)
	if !ok {
		return ""
	}
	_, numErr := strconv.ParseFloat(s, 64)
	if numErr == nil || s == "true" || s == "false" {
		return fmt.Sprintf("write %s = %s", name, s)
	}
	return ""
}

func asFloat(v any) (float64, bool) {
	switch x := v.(type) {
	case int64:
		return float64(x), true
	case float64:
		return x, !math.IsNaN(x) && !math.IsInf(x, 0)
	}
	return 0, false
}

func oneOf(options []string) string { return "one of " + strings.Join(options, ", ") }
