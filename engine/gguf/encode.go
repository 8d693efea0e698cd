package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// encoder builds a header.
type encoder struct{ buf []byte }

func (e *encoder) u32(v uint32) { e.buf = binary.LittleEndian.AppendUint32(e.buf, v) }

func (e *encoder) u64(v uint64) { e.buf = binary.LittleEndian.AppendUint64(e.buf, v) }

func (e *encoder) string(s string) {
	e.u64(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

var errValue = errors.New("expected a type listed at gguf.KV")

func (e *encoder) kv(kv KV) error {
	if err := checkLength(kv.Key, maxKeyLen); err != nil {
		return err
	}
	t, _, ok := typeOf(kv.Value)
	if !ok {
		return fmt.Errorf("found a value of Go type %T, %w", kv.Value, errValue)
	}
	e.string(kv.Key)
	e.u32(uint32(t))
	switch t {
	case String:
		e.string(kv.Value.(string))
		return nil
	case Array:
		return e.array(kv.Value, 1)
	}
	e.numbers(kv.Value)
	return nil
}

// array writes a slice; depth is 1 for one that is a key's value.
func (e *encoder) array(v any, depth int) error {
	elem, ok := elemOf(v)
	if !ok {
		return fmt.Errorf("found an array element of Go type %T, %w", v, errValue)
	}
	e.u32(uint32(elem))
	switch v := v.(type) {
	case []string:
		e.u64(uint64(len(v)))
		for _, s := range v {
			e.string(s)
		}
		return nil
	case []any:
		return e.arrays(v, depth)
	}
	e.u64(uint64(binary.Size(v) / valueTypes[elem].size))
	e.numbers(v)
	return nil
}

func (e *encoder) arrays(v []any, depth int) error {
	if depth >= maxDepth {
		return fmt.Errorf("found arrays nested %d deep, expected at most %d", depth+1, maxDepth)
	}
	e.u64(uint64(len(v)))
	for _, inner := range v {
		if err := e.array(inner, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// numbers appends a number, a bool or a slice of these.
func (e *encoder) numbers(v any) {
	buf, err := binary.Append(e.buf, binary.LittleEndian, v)
	if err != nil {
		panic(fmt.Sprintf("gguf: append %T: %v", v, err))
	}
	e.buf = buf
}

func checkLength(name string, longest int) error {
	if n := len(name); n < 1 || n > longest {
		return fmt.Errorf("found a name of %d bytes, expected 1 to %d", n, longest)
	}
	return nil
}
