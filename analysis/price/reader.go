package price

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/analysis/strict"
)

// reader collects the problems of one file while its tables are read.
type reader struct {
	file     string
	at       strict.Positions
	currency string
	problems []*strict.Problem
}

func (r *reader) report(path, found, expected, suggestion string) {
	r.problems = append(r.problems, &strict.Problem{File: r.file, Line: r.at.LineOf(path), Key: path, Found: found, Expected: expected, Suggestion: suggestion})
}

// table reads the keys of one table and remembers which were asked for: the known keys
// are those that the code reads.
type table struct {
	*reader
	path   string
	values map[string]any
	known  []string
}

func (t *table) key(name string) string { return strict.Key(t.path, name) }

func (t *table) take(name string) (any, bool) {
	t.known = append(t.known, name)
	v, ok := t.values[name]
	return v, ok
}

func (t *table) bad(name string, v any, expected, suggestion string) {
	t.report(t.key(name), strict.Describe(v), expected, suggestion)
}

// need is take for a key that has to be there.
func (t *table) need(name, expected, example string) (any, bool) {
	v, ok := t.take(name)
	if !ok {
		t.report(t.key(name), "missing", expected, "add "+name+" = "+example)
	}
	return v, ok
}

// finish reports the keys that nothing asked for.
func (t *table) finish() {
	known := slices.Compact(slices.Sorted(slices.Values(t.known)))
	for _, name := range slices.Sorted(maps.Keys(t.values)) {
		if slices.Contains(known, name) {
			continue
		}
		if hint := near.Suggestion(name, known); hint != "" {
			t.report(t.key(name), "unknown key", "", hint)
		} else {
			t.report(t.key(name), "unknown key", "one of "+strings.Join(known, ", "), "")
		}
	}
}

// children are the tables of an array, written as [[name]] or inline.
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
			path := strict.Element(t.key(name), i)
			if m, ok := v.(map[string]any); ok {
				all = append(all, &table{reader: t.reader, path: path, values: m})
			} else {
				t.report(path, strict.Describe(v), "a table", "")
			}
		}
	default:
		t.bad(name, v, "an array of tables", "write [["+name+"]] with double brackets")
	}
	return all
}

// text reads a string that has to be there.
func (t *table) text(name, expected, example string) string {
	v, ok := t.need(name, expected, strconv.Quote(example))
	if !ok {
		return ""
	}
	s, isText := v.(string)
	if !isText || strings.TrimSpace(s) == "" || len(s) > longestText {
		t.bad(name, v, expected, "write "+name+" = "+strconv.Quote(example))
		return ""
	}
	return s
}

// longestText bounds what a line of a table has to hold.
const longestText = 400

// optional is text for a key that may be missing.
func (t *table) optional(name, expected, example string) string {
	if _, ok := t.values[name]; !ok {
		t.known = append(t.known, name)
		return ""
	}
	return t.text(name, expected, example)
}

// day reads a date: TOML's own, or one in quotes.
func (t *table) day(name string) Date {
	const expected = "a day such as 2026-08-21"
	v, ok := t.need(name, expected, "2026-08-21")
	if !ok {
		return Date{}
	}
	switch x := v.(type) {
	case time.Time:
		if x.Format(time.TimeOnly) == "00:00:00" {
			return DateOf(x)
		}
	case string:
		if d, err := ParseDate(x); err == nil {
			return d
		}
	}
	t.bad(name, v, expected, "")
	return Date{}
}

// most bounds amounts: a thousand million of any currency.
const most = 1e9

// amount reads money, "" or missing for none. Strings are kept as written; the shortest
// decimal form of a number is the number as written, to 15 digits.
func (t *table) amount(name string) (a money.Amount) {
	v, ok := t.take(name)
	if !ok {
		return a
	}
	expected, written := "a decimal amount of at least 0, such as \"0.50\"", ""
	switch x := v.(type) {
	case string:
		written = x
	case int64:
		written = strconv.FormatInt(x, 10)
	case float64:
		if math.Abs(x) <= most {
			written = strconv.FormatFloat(x, 'f', -1, 64)
		}
	}
	a, err := money.Parse(written, t.currency)
	if err != nil || a.Sign() < 0 || len(written) > 40 || a.Cmp(money.New(most, 0, t.currency)) > 0 {
		t.bad(name, v, expected, "")
		return money.Amount{}
	}
	return a
}

// price is an amount above 0 that has to be there.
func (t *table) price(name, example string) money.Amount {
	if _, ok := t.need(name, "a decimal amount above 0", strconv.Quote(example)); !ok {
		return money.Amount{}
	}
	before := len(t.problems)
	a := t.amount(name)
	if len(t.problems) == before && a.Sign() == 0 {
		t.bad(name, t.values[name], "a decimal amount above 0", "")
	}
	return a
}

// rate is an amount of at least 0 that has to be there.
func (t *table) rate(name, example string) money.Amount {
	if _, ok := t.need(name, "a decimal amount of at least 0", strconv.Quote(example)); !ok {
		return money.Amount{}
	}
	return t.amount(name)
}

// number reads a number from lo to hi that has to be there.
func (t *table) number(name string, lo, hi float64, example string) float64 {
	expected := fmt.Sprintf("a number from %s to %s", short(lo), short(hi))
	v, ok := t.need(name, expected, example)
	if !ok {
		return lo
	}
	x, isNumber := v.(float64)
	if n, whole := v.(int64); whole {
		x, isNumber = float64(n), true
	}
	if !isNumber || !(x >= lo && x <= hi) {
		t.bad(name, v, expected, "")
		return lo
	}
	return x
}

// whole is number for whole numbers.
func (t *table) whole(name string, lo, hi int64, example string) int64 {
	expected := fmt.Sprintf("a whole number from %d to %d", lo, hi)
	v, ok := t.need(name, expected, example)
	if !ok {
		return lo
	}
	n, isWhole := v.(int64)
	if !isWhole || n < lo || n > hi {
		t.bad(name, v, expected, "")
		return lo
	}
	return n
}

func short(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
