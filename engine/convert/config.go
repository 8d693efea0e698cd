package convert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
)

// The most bytes that a file of a kind may have; those in use stay below a fifth of it.
const (
	maxConfig    = 16 << 20
	maxTokenizer = 256 << 20
	maxTemplate  = 4 << 20
)

// readFile reads a file of the model's directory. It gives nil where there is none.
func readFile(dir, name string, limit int64) ([]byte, error) {
	path := filepath.Join(dir, name)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s: found more than %d bytes, expected at most that", path, limit)
	}
	return data, nil
}

// object is a JSON object whose members are asked for by name and type. What is missing
// or of another type is an error that is kept, so that a reader of many members asks once.
type object struct {
	where  string // file and path of the object, for errors
	values map[string]any
	errs   *[]error // shared with the objects inside
}

// readObject reads a JSON file; ok is false where there is none.
func readObject(dir, name string, limit int64) (o object, ok bool, err error) {
	data, err := readFile(dir, name, limit)
	if err != nil || data == nil {
		return newObject(name), false, err
	}
	o, err = parseObject(filepath.Join(dir, name), data)
	return o, true, err
}

func newObject(where string) object {
	return object{where: where, values: map[string]any{}, errs: new([]error)}
}

func parseObject(where string, data []byte) (object, error) {
	o := newObject(where)
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&o.values); err != nil {
		return o, fmt.Errorf("%s: byte %d: %w", where, dec.InputOffset(), err)
	}
	if o.values == nil {
		return o, fmt.Errorf("%s: found null, expected a JSON object", where)
	}
	return o, nil
}

// err is everything that was found wrong with the object and those inside.
func (o object) err() error { return errors.Join(*o.errs...) }

func (o object) fail(key, found, expected string) {
	*o.errs = append(*o.errs, fmt.Errorf("%s: key %q: found %s, expected %s", o.where, key, found, expected))
}

// has says whether a member is there and not null.
func (o object) has(key string) bool { return o.values[key] != nil }

// with is the object with further members where it has none of its own, not even null.
func (o object) with(defaults map[string]any) object {
	merged := map[string]any{}
	maps.Copy(merged, defaults)
	maps.Copy(merged, o.values)
	o.values = merged
	return o
}

// object is a member that is an object, or an empty one where it is missing.
func (o object) object(key string) object {
	inner := object{where: o.where + ": " + key, values: map[string]any{}, errs: o.errs}
	v := o.values[key]
	if v == nil {
		return inner
	}
	values, ok := v.(map[string]any)
	if !ok {
		o.fail(key, describe(v), "an object")
		return inner
	}
	inner.values = values
	return inner
}

func (o object) str(key string) string {
	v, ok := o.values[key]
	s, isString := v.(string)
	if !isString {
		o.fail(key, describeMember(v, ok), "a string")
	}
	return s
}

// flag is a bool that is false where it is missing.
func (o object) flag(key string) bool {
	v := o.values[key]
	b, ok := v.(bool)
	if !ok && v != nil {
		o.fail(key, describe(v), "true or false")
	}
	return b
}

func (o object) float(key string) float64 {
	v, ok := o.values[key]
	f, isNumber := number(v)
	if !isNumber {
		o.fail(key, describeMember(v, ok), "a number")
	}
	return f
}

// floats is a list of numbers, nil where it is missing.
func (o object) floats(key string) []float64 {
	v := o.values[key]
	list, ok := v.([]any)
	if !ok && v != nil {
		o.fail(key, describe(v), "a list of numbers")
	}
	out := make([]float64, 0, len(list))
	for _, item := range list {
		f, ok := number(item)
		if !ok {
			o.fail(key, describe(item)+" in the list", "numbers")
			return nil
		}
		out = append(out, f)
	}
	return out
}

// count is a positive whole number that fits a uint32.
func (o object) count(key string) int {
	v, ok := o.values[key]
	f, isNumber := number(v)
	if !isNumber || f != math.Trunc(f) || f < 1 || f > math.MaxInt32 {
		o.fail(key, describeMember(v, ok), "a whole number from 1 to 2^31-1")
		return 1
	}
	return int(f)
}

// countOr is count, or otherwise where the member is missing.
func (o object) countOr(key string, otherwise int) int {
	if !o.has(key) {
		return otherwise
	}
	return o.count(key)
}

func (o object) floatOr(key string, otherwise float64) float64 {
	if !o.has(key) {
		return otherwise
	}
	return o.float(key)
}

func (o object) strOr(key, otherwise string) string {
	if !o.has(key) {
		return otherwise
	}
	return o.str(key)
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case float64:
		return v, true
	case int:
		return float64(v), true
	}
	return 0, false
}

func describeMember(v any, ok bool) string {
	if !ok {
		return "nothing"
	}
	return describe(v)
}

// describe shows a JSON value in an error.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "an object"
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	case string:
		return fmt.Sprintf("%.60q", v)
	}
	return fmt.Sprint(v)
}
