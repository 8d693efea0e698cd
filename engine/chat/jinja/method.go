package jinja

import (
	"math/big"
	"slices"
	"strings"
)

// Methods that would change their object, and those that build what no chat template needs, are there but cannot
// be called.
var (
	forbiddenDict = []string{"clear", "pop", "popitem", "setdefault", "update"}
	forbiddenList = []string{"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"}
	unsupportedIn = map[string][]string{
		"str":  {"encode", "maketrans", "translate", "expandtabs", "format_map"},
		"dict": {"fromkeys"},
	}
)

// withNames are the methods whose arguments may have names.
var withNames = []string{"split", "rsplit", "splitlines"}

func method(name string, fn func(r *run, a []Value) (Value, error), params ...parameter) (Value, bool) {
	return &function{name: name, params: params, positional: !slices.Contains(withNames, name), fn: fn}, true
}

// unsupportedMethod stands for one that Python has and this package does not.
func unsupportedMethod(object Value, name string) (Value, bool) {
	kind := typeName(object)
	if kind == "Markup" {
		kind = "str"
	}
	if !slices.Contains(unsupportedIn[kind], name) {
		return nil, false
	}
	return &function{name: name, open: func(*frame, *arguments) (Value, error) {
		return nil, fail("the method %s of %s is not supported in chat templates", name, kind)
	}}, true
}

func dictMethod(d *Dict, name string) (Value, bool) {
	switch name {
	case "get":
		return method(name, func(r *run, a []Value) (Value, error) { return r.get(d, a[0], a[1]) }, need("key"), option("default", nil))
	case "items":
		return view(d, name, itemsKind)
	case "keys":
		return view(d, name, keysKind)
	case "values":
		return view(d, name, valuesKind)
	case "copy":
		return method(name, func(*run, []Value) (Value, error) { return d, nil })
	}
	if slices.Contains(forbiddenDict, name) {
		return unsafe(d, name), true
	}
	return unsupportedMethod(d, name)
}

func (r *run) get(d *Dict, key, otherwise Value) (Value, error) {
	if err := r.scanKey(key); err != nil {
		return nil, err
	}
	v, found, err := d.lookup(key)
	if err != nil || found {
		return v, err
	}
	return otherwise, nil
}

func view(d *Dict, name string, kind seqKind) (Value, bool) {
	return method(name, func(r *run, _ []Value) (Value, error) {
		if err := r.build(3 * elementBytes * d.Len()); err != nil {
			return nil, err
		}
		switch kind {
		case keysKind:
			return &seq{kind: kind, items: d.keys}, nil
		case valuesKind:
			return &seq{kind: kind, items: d.values}, nil
		}
		return &seq{kind: kind, items: d.pairs()}, nil
	})
}

func seqMethod(s *seq, name string) (Value, bool) {
	if !s.indexable() {
		return nil, false
	}
	switch name {
	case "count":
		return method(name, func(r *run, a []Value) (Value, error) { return r.count(s.items, a[0]) }, need("value"))
	case "index":
		return method(name, func(r *run, a []Value) (Value, error) { return r.find(s.items, a[0]) }, need("value"))
	case "copy":
		if s.kind == listKind {
			return method(name, func(*run, []Value) (Value, error) { return s, nil })
		}
	}
	if s.kind == listKind && slices.Contains(forbiddenList, name) {
		return unsafe(s, name), true
	}
	return nil, false
}

func (r *run) count(items []Value, v Value) (Value, error) {
	n := int64(0)
	for _, item := range items {
		eq, err := r.equal(item, v, 0)
		if err != nil {
			return nil, err
		}
		if eq {
			n++
		}
	}
	return n, nil
}

func (r *run) find(items []Value, v Value) (Value, error) {
	for i, item := range items {
		if eq, err := r.equal(item, v, 0); eq || err != nil {
			return int64(i), err
		}
	}
	return nil, fail("the value is not in the list")
}

func numberMethod(v Value, name string) (Value, bool) {
	f, isFloat := v.(float64)
	switch name {
	case "real":
		if b, ok := v.(bool); ok {
			i, _ := integer(b)
			return i, true
		}
		return v, true
	case "imag":
		if isFloat {
			return 0.0, true
		}
		return int64(0), true
	case "is_integer":
		if isFloat {
			return method(name, func(*run, []Value) (Value, error) { return f == float64(int64(f)), nil })
		}
	case "bit_length":
		if i, ok := integer(v); ok {
			return method(name, func(*run, []Value) (Value, error) { return int64(big.NewInt(i).BitLen()), nil })
		}
	}
	return nil, false
}

// textMethod is the method of a str. Marked text gives marked text.
func textMethod(v Value, name string) (Value, bool) {
	s, _ := text(v)
	if m, ok := textMethods[name]; ok {
		return method(name, func(r *run, a []Value) (Value, error) {
			if err := r.build(len(s)); err != nil { // most results are about as long
				return nil, err
			}
			out, err := m.fn(r, s, a)
			if _, marked := v.(markup); marked && err == nil {
				return remark(out), nil
			}
			return out, err
		}, m.params...)
	}
	switch name {
	case "format":
		return &function{name: name, open: func(f *frame, a *arguments) (Value, error) { return f.run.format(s, a) }}, true
	case "join":
		return method(name, func(r *run, a []Value) (Value, error) { return r.joinTexts(v, a[0]) }, need("iterable"))
	}
	return unsupportedMethod(v, name)
}

// remark marks the texts in out.
func remark(out Value) Value {
	switch out := out.(type) {
	case string:
		return markup(out)
	case *seq:
		marked := &seq{kind: out.kind, items: make([]Value, len(out.items))}
		for i, v := range out.items {
			marked.items[i] = remark(v)
		}
		return marked
	}
	return out
}

// joinTexts is separator.join(iterable), where every item must be text.
func (r *run) joinTexts(separator, iterable Value) (Value, error) {
	items, err := r.iterate(iterable)
	if err != nil {
		return nil, fail("can only join an iterable")
	}
	_, marked := separator.(markup)
	between, _ := text(separator)
	w := writer{r: r}
	for i, item := range items {
		s, ok := text(item)
		if !ok {
			return nil, fail("sequence item %d: expected str instance, %s found", i, typeName(item))
		}
		if _, itemMarked := item.(markup); marked && !itemMarked {
			s = htmlEscapes.Replace(s)
		}
		if i > 0 {
			s = between + s
		}
		if err := w.text(s); err != nil {
			return nil, err
		}
	}
	return like(separator, w.b.String()), nil
}

// replace is s with old replaced by new, at most count times where count is not negative.
func (r *run) replace(s, old, new string, count int) (string, error) {
	places := length(s) + 1
	if old != "" {
		places = strings.Count(s, old)
	}
	if count >= 0 {
		places = min(places, count)
	}
	if err := r.repeat(places, max(0, len(new)-len(old))); err != nil {
		return "", err
	}
	if err := r.build(len(s)); err != nil {
		return "", err
	}
	return strings.Replace(s, old, new, count), nil
}
