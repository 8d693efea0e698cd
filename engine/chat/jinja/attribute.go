package jinja

import (
	"math/big"
	"strconv"
	"unicode/utf8"
)

// attribute is object.name: a method or attribute first, then an entry of that name.
func (r *run) attribute(object Value, name string) (Value, error) {
	if u, ok := object.(*undefined); ok {
		return nil, u.fail()
	}
	if v, ok, err := r.member(object, name); ok || err != nil {
		return v, err
	}
	if d, ok := object.(*Dict); ok {
		if v, ok := d.Get(name); ok {
			return v, nil
		}
	}
	return noAttribute(object, name), nil
}

// index is object[at]: an entry first, then a method or attribute.
func (r *run) index(object, at Value) (Value, error) {
	if u, ok := object.(*undefined); ok {
		return nil, u.fail()
	}
	v, found, err := r.item(object, at)
	if found || err != nil {
		return v, err
	}
	name, ok := text(at)
	if !ok {
		repr, err := r.repr(at)
		return &undefined{objectName(object) + " has no element " + repr}, err
	}
	if v, ok, err := r.member(object, name); ok || err != nil {
		return v, err
	}
	return noAttribute(object, name), nil
}

// item is an entry of a dictionary, or an item or character by number; found is false where Python raises
// an error, which Jinja takes as undefined.
func (r *run) item(object, at Value) (v Value, found bool, err error) {
	if d, ok := object.(*Dict); ok {
		if err := r.scanKey(at); err != nil {
			return nil, false, err
		}
		v, found, err := d.lookup(at)
		return v, found && err == nil, nil
	}
	i, ok := integer(at)
	if !ok {
		return nil, false, nil
	}
	if s, ok := object.(*seq); ok && s.indexable() {
		if i < 0 {
			i += int64(len(s.items))
		}
		if i < 0 || i >= int64(len(s.items)) {
			return nil, false, nil
		}
		return s.items[i], true, nil
	}
	s, ok := text(object)
	if !ok {
		return nil, false, nil
	}
	c, found := character(s, i)
	return like(object, c), found, r.scan(len(s))
}

// character is the i-th of s, from the end where i is negative.
func character(s string, i int64) (string, bool) {
	if i < 0 {
		for ; i < -1 && s != ""; i++ {
			_, size := utf8.DecodeLastRuneInString(s)
			s = s[:len(s)-size]
		}
		_, size := utf8.DecodeLastRuneInString(s)
		return s[len(s)-size:], size > 0
	}
	for ; i > 0 && s != ""; i-- {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	_, size := utf8.DecodeRuneInString(s)
	return s[:size], size > 0
}

// member is a method or attribute of object.
func (r *run) member(object Value, name string) (v Value, found bool, err error) {
	if name == "" {
		return nil, false, nil
	}
	switch o := object.(type) {
	case string, markup:
		v, found = textMethod(o, name)
	case *Dict:
		v, found = dictMethod(o, name)
	case *seq:
		v, found = seqMethod(o, name)
	case *loop:
		return o.attribute(name)
	case *macro:
		v, found = o.attribute(name)
	case *namespace:
		v, found = o.attrs.Get(name)
	case bool, int64, *big.Int, float64:
		v, found = numberMethod(o, name)
	}
	if !found && name[0] == '_' && len(name) > 1 && name[1] == '_' { // every Python object has such attributes
		return unsafe(object, name), true, nil
	}
	return v, found, nil
}

// unsafe is what Jinja's sandbox gives for an attribute that a template may not touch.
func unsafe(object Value, name string) *undefined {
	return &undefined{"access to attribute " + quotedName(name) + " of '" + typeName(object) + "' object is unsafe."}
}

func objectName(object Value) string {
	if object == nil {
		return "None"
	}
	return typeName(object) + " object"
}

func noAttribute(object Value, name string) *undefined {
	return &undefined{"'" + objectName(object) + "' has no attribute " + quotedName(name)}
}

// slice is object[start:stop:step].
func (r *run) slice(object Value, bounds [3]Value) (Value, error) {
	if u, ok := object.(*undefined); ok {
		return nil, u.fail()
	}
	if s, ok := text(object); ok {
		return r.sliceText(object, s, bounds)
	}
	s, ok := object.(*seq)
	if !ok || !s.indexable() {
		return &undefined{objectName(object) + " cannot be sliced"}, nil
	}
	start, count, step, ok, err := sliceRange(bounds, len(s.items))
	if err != nil || !ok {
		return badSlice(), err
	}
	if err := r.build(elementBytes * count); err != nil {
		return nil, err
	}
	out := &seq{kind: s.kind, items: make([]Value, count)}
	for i := range count {
		out.items[i] = s.items[start+i*step]
	}
	if s.kind == rangeKind {
		out.text = rangeText(out.items, step)
	}
	return out, nil
}

// rangeText is the repr of a range with these values; an empty one has lost its bounds.
func rangeText(items []Value, step int) string {
	if len(items) == 0 {
		return "range(0, 0)"
	}
	first, _ := integer(items[0])
	last, _ := integer(items[len(items)-1])
	s := "range(" + strconv.FormatInt(first, 10) + ", " + strconv.FormatInt(last+int64(step), 10)
	if step != 1 {
		s += ", " + strconv.Itoa(step)
	}
	return s + ")"
}

func badSlice() *undefined { return &undefined{"slice indices must be integers or None"} }

// sliceText is a slice by characters.
func (r *run) sliceText(original Value, s string, bounds [3]Value) (Value, error) {
	if err := r.build(len(s)); err != nil {
		return nil, err
	}
	start, count, step, ok, err := sliceRange(bounds, length(s))
	if err != nil || !ok {
		return badSlice(), err
	}
	if step == 1 {
		from := offset(s, start)
		return like(original, s[from:from+offset(s[from:], count)]), nil
	}
	if err := r.build(4 * len(s)); err != nil {
		return nil, err
	}
	characters := []rune(s)
	out := make([]rune, count)
	for i := range count {
		out[i] = characters[start+i*step]
	}
	return like(original, string(out)), nil
}

// offset is where the n-th character of s begins.
func offset(s string, n int) int {
	at := 0
	for ; n > 0; n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// sliceRange resolves bounds for n items: count items from start, step apart. ok is false for bounds that are
// not integers.
func sliceRange(bounds [3]Value, n int) (start, count, step int, ok bool, err error) {
	var given [3]int64
	for i, b := range bounds {
		if b == nil {
			continue
		}
		if given[i], ok = integer(b); !ok {
			return 0, 0, 0, false, nil
		}
	}
	step64 := int64(1)
	if bounds[2] != nil {
		step64 = given[2]
	}
	if step64 == 0 {
		return 0, 0, 0, false, fail("slice step cannot be zero")
	}
	step = int(min(max(step64, -int64(n)-1), int64(n)+1))
	low, high := 0, n // where start and stop may lie
	if step < 0 {
		low, high = -1, n-1
	}
	start, stop := low, high
	if step < 0 {
		start, stop = high, low
	}
	if bounds[0] != nil {
		start = clip(given[0], n, low, high)
	}
	if bounds[1] != nil {
		stop = clip(given[1], n, low, high)
	}
	if step > 0 {
		count = max(0, (stop-start+step-1)/step)
	} else {
		count = max(0, (start-stop-step-1)/-step)
	}
	return start, count, step, true, nil
}

func clip(i int64, n, low, high int) int {
	if i < 0 {
		i += int64(n)
	}
	return int(min(max(i, int64(low)), int64(high)))
}
