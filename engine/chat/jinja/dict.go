package jinja

import (
	"iter"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Dict is a dictionary that keeps the order in which its keys came. The zero value is empty.
type Dict struct {
	keys   []Value
	values []Value
	index  map[any]int // by hash
}

// Len is the number of keys.
func (d *Dict) Len() int { return len(d.keys) }

// Set gives a text key a value; a key that is there keeps its place.
func (d *Dict) Set(key string, v Value) { d.put(key, key, v) }

// Get is the value of a text key.
func (d *Dict) Get(key string) (Value, bool) {
	i, ok := d.index[key]
	if !ok {
		return nil, false
	}
	return d.values[i], true
}

func (d *Dict) put(hash any, key, v Value) {
	if i, ok := d.index[hash]; ok {
		d.values[i] = v
		return
	}
	if d.index == nil {
		d.index = map[any]int{}
	}
	d.index[hash] = len(d.keys)
	d.keys = append(d.keys, key)
	d.values = append(d.values, v)
}

// store is d[key] = v.
func (d *Dict) store(key, v Value) error {
	h, err := hash(key)
	if err != nil {
		return err
	}
	d.put(h, key, v)
	return nil
}

// lookup is d[key]; an error only for a key that cannot be one.
func (d *Dict) lookup(key Value) (v Value, found bool, err error) {
	h, err := hash(key)
	if err != nil {
		return nil, false, err
	}
	i, found := d.index[h]
	if !found {
		return nil, false, nil
	}
	return d.values[i], true, nil
}

func (d *Dict) all() iter.Seq2[Value, Value] {
	return func(yield func(Value, Value) bool) {
		for i, k := range d.keys {
			if !yield(k, d.values[i]) {
				return
			}
		}
	}
}

// pairs are the entries as tuples.
func (d *Dict) pairs() []Value {
	out := make([]Value, len(d.keys))
	for i, k := range d.keys {
		out[i] = tuple(k, d.values[i])
	}
	return out
}

// compound keys are texts that no str is: their own type keeps them apart.
type compound string

// hash is equal for two keys exactly if the keys are: a text for str, a number for numbers (1, 1.0 and True are
// one key), a text of its own type for tuples, which may not hold tuples.
func hash(key Value) (any, error) {
	switch k := key.(type) {
	case nil:
		return compound("None"), nil
	case string:
		return k, nil
	case markup:
		return string(k), nil
	case bool, int64:
		i, _ := integer(k)
		return i, nil
	case float64:
		if i := int64(k); math.Abs(k) < 1<<62 && float64(i) == k {
			return i, nil
		}
		return k, nil
	case *big.Int:
		return compound(k.String()), nil
	case *seq:
		if k.kind == tupleKind {
			return hashTuple(k)
		}
	case *Dict:
	default:
		return k, nil // by identity
	}
	return nil, fail("unhashable type: '%s'", typeName(key))
}

func hashTuple(t *seq) (any, error) {
	var b strings.Builder
	for _, v := range t.items {
		if _, isSeq := v.(*seq); isSeq {
			return nil, fail("a '%s' inside a tuple cannot be a key here", typeName(v))
		}
		h, err := hash(v)
		if err != nil {
			return nil, err
		}
		switch h := h.(type) {
		case string:
			b.WriteString(strconv.Quote(h))
		case compound:
			b.WriteString("(" + string(h) + ")")
		case int64:
			b.WriteString(strconv.FormatInt(h, 10))
		case float64:
			b.WriteString(strconv.FormatFloat(h, 'g', -1, 64))
		default:
			return nil, fail("a '%s' inside a tuple cannot be a key here", typeName(v))
		}
		b.WriteByte(',')
	}
	return compound(b.String()), nil
}

// Entries are the keys that are texts, and their values, in order.
func (d *Dict) Entries() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for k, v := range d.all() {
			if s, ok := text(k); ok && !yield(s, v) {
				return
			}
		}
	}
}
