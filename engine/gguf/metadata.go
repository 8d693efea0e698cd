package gguf

import (
	"fmt"
	"iter"
	"math"
	"reflect"
)

// Keys gives the metadata keys in the file's order.
func (f *File) Keys() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, kv := range f.KVs {
			if !yield(kv.Key) {
				return
			}
		}
	}
}

// Has reports whether the file has the key.
func (f *File) Has(key string) bool {
	_, ok := f.keys[key]
	return ok
}

// Value gives a key's value, of a type listed at KV. The error wraps ErrMissing; that of
// the typed accessors below wraps ErrMissing or ErrType. Slices are the File's own and
// not to be modified.
func (f *File) Value(key string) (any, error) {
	i, ok := f.keys[key]
	if !ok {
		return nil, fmt.Errorf("%s: key %q: %w", f.Name, key, ErrMissing)
	}
	return f.KVs[i].Value, nil
}

// String gives a string.
func (f *File) String(key string) (string, error) { return exactly[string](f, key, "string") }

// Bool gives a bool.
func (f *File) Bool(key string) (bool, error) { return exactly[bool](f, key, "bool") }

// Strings gives an array of strings.
func (f *File) Strings(key string) ([]string, error) {
	return exactly[[]string](f, key, "array of string")
}

// Float32s gives an array of float32.
func (f *File) Float32s(key string) ([]float32, error) {
	return exactly[[]float32](f, key, "array of float32")
}

// Uint gives an integer of any type that is not negative.
func (f *File) Uint(key string) (uint64, error) {
	return converted(f, key, "an integer from 0", asUint)
}

// Int gives an integer of any type that fits an int64.
func (f *File) Int(key string) (int64, error) {
	return converted(f, key, "an integer below 2^63", asInt)
}

// Float gives a float32 or float64.
func (f *File) Float(key string) (float64, error) {
	return converted(f, key, "float32 or float64", asFloat)
}

// Int32s gives an array of integers of any type that all fit an int32.
func (f *File) Int32s(key string) ([]int32, error) {
	return converted(f, key, "array of int32, or of integers in its range", asInt32s)
}

func exactly[T any](f *File, key, expected string) (T, error) {
	return converted(f, key, expected, func(v any) (T, bool) {
		t, ok := v.(T)
		return t, ok
	})
}

func converted[T any](f *File, key, expected string, convert func(any) (T, bool)) (T, error) {
	var zero T
	v, err := f.Value(key)
	if err != nil {
		return zero, err
	}
	t, ok := convert(v)
	if !ok {
		return zero, fmt.Errorf("%s: key %q: %w: found %s, expected %s", f.Name, key, ErrType, describeValue(v), expected)
	}
	return t, nil
}

func asUint(v any) (uint64, bool) {
	r := reflect.ValueOf(v)
	switch {
	case r.CanUint():
		return r.Uint(), true
	case r.CanInt():
		return uint64(r.Int()), r.Int() >= 0
	}
	return 0, false
}

func asInt(v any) (int64, bool) {
	r := reflect.ValueOf(v)
	switch {
	case r.CanInt():
		return r.Int(), true
	case r.CanUint():
		return int64(r.Uint()), r.Uint() <= math.MaxInt64
	}
	return 0, false
}

func asFloat(v any) (float64, bool) {
	r := reflect.ValueOf(v)
	if !r.CanFloat() {
		return 0, false
	}
	return r.Float(), true
}

func asInt32s(v any) ([]int32, bool) {
	if same, ok := v.([]int32); ok {
		return same, true
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice {
		return nil, false
	}
	out := make([]int32, r.Len())
	for i := range out {
		n, ok := asInt(r.Index(i).Interface())
		if !ok || n != int64(int32(n)) {
			return nil, false
		}
		out[i] = int32(n)
	}
	return out, true
}

// describeValue is describe with the value where it is short.
func describeValue(v any) string {
	t, _, _ := typeOf(v)
	switch t {
	case Array:
		return describe(v)
	case String:
		return fmt.Sprintf("string %.40q", v)
	}
	return fmt.Sprintf("%s %v", t, v)
}
