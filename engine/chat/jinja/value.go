package jinja

import (
	"math/big"
)

// Value is a value of the template language, which is Python's:
//
//	nil                  None
//	bool                 bool
//	int64, *big.Int      int; *big.Int only beyond 64 bits
//	float64              float
//	string, markup       str; markup is text that escape or safe has marked, which escapes what is added to it
//	*seq                 list, tuple, range, and the views of a dictionary
//	*Dict                dict
//	*undefined           Undefined
//	*namespace, *generator, *loop and what implements callable
//
// Lists and dictionaries never change once a template sees them, as in Jinja's immutable sandbox.
type Value any

type markup string

// seqKind tells apart what iterates and prints differently.
type seqKind uint8

const (
	listKind seqKind = iota
	tupleKind
	rangeKind
	keysKind
	valuesKind
	itemsKind
)

var seqNames = [...]string{"list", "tuple", "range", "dict_keys", "dict_values", "dict_items"}

type seq struct {
	kind   seqKind
	items  []Value
	bounds [3]int64 // of a range: start, stop and step
}

func list(items []Value) *seq   { return &seq{items: items} }
func tuple(items ...Value) *seq { return &seq{kind: tupleKind, items: items} }

// indexable says whether it takes an index; views do not.
func (s *seq) indexable() bool { return s.kind <= rangeKind }

// generator is what filters such as map give: it can be gone through once. Its values are made beforehand,
// so that generators over generators do not pile up.
type generator struct {
	name string
	rest []Value
}

// take empties g.
func (g *generator) take() []Value {
	items := g.rest
	g.rest = nil
	return items
}

// namespace holds attributes that set can change.
type namespace struct{ attrs *Dict }

// undefined is the value of what is not there. It prints as nothing, iterates over nothing, is false, and fails
// in every other use with its reason.
type undefined struct{ reason string }

func (u *undefined) fail() error { return fail("%s", u.reason) }

// callable is what a template can call.
type callable interface {
	call(f *frame, a *arguments) (Value, error)
}

// text is the characters of a str.
func text(v Value) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case markup:
		return string(v), true
	}
	return "", false
}

// like gives s the type of original: methods of marked text give marked text.
func like(original Value, s string) Value {
	if _, ok := original.(markup); ok {
		return markup(s)
	}
	return s
}

// integer is the value of an int or bool that fits.
func integer(v Value) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// float is the value of any number.
func float(v Value) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f, true
	}
	i, ok := integer(v)
	return float64(i), ok
}

func truth(v Value) bool {
	switch v := v.(type) {
	case nil, *undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case markup:
		return v != ""
	case *seq:
		return len(v.items) > 0
	case *Dict:
		return v.Len() > 0
	}
	return true
}

// typeName is Python's name of v's type, for messages.
func typeName(v Value) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case markup:
		return "Markup"
	case *seq:
		return seqNames[v.kind]
	case *Dict:
		return "dict"
	case *undefined:
		return "Undefined"
	case *namespace:
		return "Namespace"
	case *generator:
		return "generator"
	case *loop:
		return "LoopContext"
	case *macro:
		return "Macro"
	}
	return "builtin_function_or_method"
}
