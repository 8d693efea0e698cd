package gguf

import (
	"encoding/binary"
	"fmt"
	"slices"
)

func (c *cursor) kv() KV {
	key := c.name(maxKeyLen, "a key")
	c.part = fmt.Sprintf("key %.100q", key)
	at := c.off
	return KV{key, c.value(at, ValueType(c.u32("a value type")))}
}

// value reads a value of type t, which was read at at.
func (c *cursor) value(at int, t ValueType) any {
	switch t {
	case Uint8:
		return scalar[uint8](c, t)
	case Int8:
		return scalar[int8](c, t)
	case Uint16:
		return scalar[uint16](c, t)
	case Int16:
		return scalar[int16](c, t)
	case Uint32:
		return scalar[uint32](c, t)
	case Int32:
		return scalar[int32](c, t)
	case Float32:
		return scalar[float32](c, t)
	case Bool:
		return scalar[bool](c, t)
	case String:
		return string(c.take(c.u64("the length of a string"), "a string"))
	case Array:
		return c.array(1)
	case Uint64:
		return scalar[uint64](c, t)
	case Int64:
		return scalar[int64](c, t)
	case Float64:
		return scalar[float64](c, t)
	}
	c.fail(at, t.String(), fmt.Sprintf("0 to %d", len(valueTypes)-1))
	return nil
}

func (c *cursor) array(depth int) any {
	at := c.off
	t := ValueType(c.u32("the type of an array's elements"))
	if int64(t) >= int64(len(valueTypes)) {
		c.fail(at, "an array of "+t.String(), fmt.Sprintf("0 to %d", len(valueTypes)-1))
		return nil
	}
	n := c.count(valueTypes[t].size, "array elements")
	switch t {
	case Uint8:
		return numbers[uint8](c, t, n)
	case Int8:
		return numbers[int8](c, t, n)
	case Uint16:
		return numbers[uint16](c, t, n)
	case Int16:
		return numbers[int16](c, t, n)
	case Uint32:
		return numbers[uint32](c, t, n)
	case Int32:
		return numbers[int32](c, t, n)
	case Float32:
		return numbers[float32](c, t, n)
	case Bool:
		return numbers[bool](c, t, n)
	case String:
		return c.strings(n)
	case Array:
		return c.arrays(at, n, depth)
	case Uint64:
		return numbers[uint64](c, t, n)
	case Int64:
		return numbers[int64](c, t, n)
	}
	return numbers[float64](c, t, n)
}

func (c *cursor) arrays(at, n, depth int) []any {
	if depth >= maxDepth {
		c.fail(at, fmt.Sprintf("arrays nested %d deep", depth+1), fmt.Sprintf("at most %d", maxDepth))
		return nil
	}
	out := make([]any, 0, n)
	for range n {
		out = append(out, c.array(depth+1))
		if c.err != nil {
			return nil
		}
	}
	return out
}

// strings reads n strings. They share one copy of the file's bytes: a vocabulary has
// a hundred thousand, and the file may be closed before they are used.
func (c *cursor) strings(n int) []string {
	start, spans := c.off, make([][2]int, 0, n)
	for range n {
		b := c.take(c.u64("the length of a string"), "a string")
		if c.err != nil {
			return nil
		}
		spans = append(spans, [2]int{c.off - len(b) - start, c.off - start})
	}
	text := string(c.data[start:c.off])
	out := make([]string, n)
	for i, s := range spans {
		out[i] = text[s[0]:s[1]]
	}
	return out
}

func scalar[T any](c *cursor, t ValueType) T {
	var v T
	if s := numbers[T](c, t, 1); s != nil {
		v = s[0]
	}
	return v
}

// numbers reads n values of the fixed-size type t, whose Go type is T.
func numbers[T any](c *cursor, t ValueType, n int) []T {
	b := c.take(uint64(n)*uint64(valueTypes[t].size), t.String())
	if c.err != nil {
		return nil
	}
	if t == Bool {
		if i := slices.IndexFunc(b, func(v byte) bool { return v > 1 }); i >= 0 {
			c.fail(c.off-n+i, fmt.Sprintf("bool %d", b[i]), "0 or 1")
			return nil
		}
	}
	out := make([]T, n)
	if _, err := binary.Decode(b, binary.LittleEndian, out); err != nil {
		panic(fmt.Sprintf("gguf: %d bytes as %T: %v", len(b), out, err))
	}
	return out
}
