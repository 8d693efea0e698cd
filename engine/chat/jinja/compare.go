package jinja

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
)

// equal is Python's a == b.
func (r *run) equal(a, b Value, depth int) (bool, error) {
	if err := r.visit(depth); err != nil {
		return false, err
	}
	if s, ok := text(a); ok {
		t, ok := text(b)
		if !ok || len(s) != len(t) {
			return false, nil
		}
		return s == t, r.scan(len(s))
	}
	if c, ok := compareNumbers(a, b); ok {
		return c == 0, nil
	}
	switch a := a.(type) {
	case *seq:
		b, ok := b.(*seq)
		if !ok || a.kind != b.kind {
			return false, nil
		}
		if a == b {
			return true, nil
		}
		return r.equalItems(a.items, b.items, depth)
	case *Dict:
		b, ok := b.(*Dict)
		if !ok || a.Len() != b.Len() {
			return false, nil
		}
		return r.equalDicts(a, b, depth)
	case *undefined:
		_, ok := b.(*undefined)
		return ok, nil
	case float64: // NaN
		return false, nil
	}
	return same(a, b), nil
}

// same is Python's a is b, for values that are compared by identity: every type of Value can be compared so.
func same(a, b Value) bool { return a == b }

func (r *run) equalItems(a, b []Value, depth int) (bool, error) {
	if len(a) != len(b) {
		return false, nil
	}
	for i := range a {
		if eq, err := r.equal(a[i], b[i], depth+1); !eq || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (r *run) equalDicts(a, b *Dict, depth int) (bool, error) {
	if a == b {
		return true, nil
	}
	for k, v := range a.all() {
		w, found, err := b.lookup(k)
		if err != nil || !found {
			return false, err
		}
		if eq, err := r.equal(v, w, depth+1); !eq || err != nil {
			return false, err
		}
	}
	return true, nil
}

// compareNumbers orders numbers; it is exact, integers against floats too. ok is false for other values and for NaN.
func compareNumbers(a, b Value) (c int, ok bool) {
	i, aInt := integer(a)
	j, bInt := integer(b)
	if aInt && bInt {
		return cmp.Compare(i, j), true
	}
	x, aOK := bigFloat(a)
	y, bOK := bigFloat(b)
	if !aOK || !bOK {
		return 0, false
	}
	return x.Cmp(y), true
}

func bigFloat(v Value) (*big.Float, bool) {
	switch v := v.(type) {
	case *big.Int:
		return new(big.Float).SetInt(v), true
	case float64:
		if v != v {
			return nil, false
		}
		return big.NewFloat(v), true
	}
	i, ok := integer(v)
	return new(big.Float).SetInt64(i), ok
}

// order is a negative number, 0 or a positive number as a < b, a == b or a > b in Python. op is the operator to
// name where they have no order.
func (r *run) order(a, b Value, op string, depth int) (int, error) {
	if err := r.visit(depth); err != nil {
		return 0, err
	}
	s, aText := text(a)
	t, bText := text(b)
	if aText && bText {
		return strings.Compare(s, t), r.scan(min(len(s), len(t)))
	}
	if c, ok := compareNumbers(a, b); ok {
		return c, nil
	}
	x, aSeq := a.(*seq)
	y, bSeq := b.(*seq)
	if aSeq && bSeq && x.kind == y.kind && x.kind <= tupleKind {
		return r.orderItems(x.items, y.items, op, depth)
	}
	if u, ok := a.(*undefined); ok {
		return 0, u.fail()
	}
	if u, ok := b.(*undefined); ok {
		return 0, u.fail()
	}
	return 0, fail("'%s' not supported between instances of '%s' and '%s'", op, typeName(a), typeName(b))
}

func (r *run) orderItems(a, b []Value, op string, depth int) (int, error) {
	for i := range min(len(a), len(b)) {
		eq, err := r.equal(a[i], b[i], depth+1)
		if err != nil {
			return 0, err
		}
		if !eq {
			return r.order(a[i], b[i], op, depth+1)
		}
	}
	return cmp.Compare(len(a), len(b)), nil
}

// contains is Python's v in container.
func (r *run) contains(container, v Value) (bool, error) {
	switch c := container.(type) {
	case string, markup:
		s, _ := text(c)
		part, ok := text(v)
		if !ok {
			return false, fail("'in <string>' requires string as left operand, not %s", typeName(v))
		}
		return strings.Contains(s, part), r.scan(len(s))
	case *Dict:
		if err := r.scanKey(v); err != nil {
			return false, err
		}
		_, found, err := c.lookup(v)
		return found, err
	}
	items, err := r.iterate(container)
	if err != nil {
		return false, fail("argument of type '%s' is not iterable", typeName(container))
	}
	for _, item := range items {
		if eq, err := r.equal(item, v, 0); eq || err != nil {
			return eq, err
		}
	}
	return false, nil
}

func (r *run) scanKey(key Value) error {
	s, _ := text(key)
	return r.scan(len(s))
}

// sorted orders items stably by keys, which has one key for each.
func (r *run) sorted(items, keys []Value, reverse bool) ([]Value, error) {
	places := make([]int, len(items))
	for i := range places {
		places[i] = i
	}
	var failed error
	slices.SortStableFunc(places, func(i, j int) int {
		if failed != nil {
			return 0
		}
		c, err := r.order(keys[i], keys[j], "<", 0)
		if err != nil {
			failed = err
		}
		if reverse {
			return -c
		}
		return c
	})
	out := make([]Value, len(items))
	for i, p := range places {
		out[i] = items[p]
	}
	return out, failed
}
