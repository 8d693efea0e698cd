package jinja

import (
	"math/big"
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
