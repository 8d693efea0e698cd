package jinja

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// FromJSON reads one JSON value as Python's json.loads does: objects keep the order of their keys, and the last
// of equal keys wins; numbers without fraction and exponent are integers of any size.
func FromJSON(raw []byte) (Value, error) {
	if !json.Valid(raw) {
		var v any
		return nil, fmt.Errorf("expected a JSON value: %w", json.Unmarshal(raw, &v))
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return decode(d, 0)
}

func decode(d *json.Decoder, depth int) (Value, error) {
	if depth > MaxNesting {
		return nil, fmt.Errorf("JSON values are nested more than %d deep", MaxNesting)
	}
	t, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("expected a JSON value: %w", err)
	}
	switch t := t.(type) {
	case json.Number:
		return fromNumber(string(t))
	case json.Delim:
		if t == '[' {
			return decodeList(d, depth)
		}
		return decodeDict(d, depth)
	}
	return t, nil // nil, bool or string
}

func decodeList(d *json.Decoder, depth int) (Value, error) {
	out := list(nil)
	for d.More() {
		v, err := decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		out.items = append(out.items, v)
	}
	_, err := d.Token()
	return out, err
}

func decodeDict(d *json.Decoder, depth int) (Value, error) {
	out := &Dict{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		out.Set(key.(string), v)
	}
	_, err := d.Token()
	return out, err
}

func fromNumber(s string) (Value, error) {
	if !strings.ContainsAny(s, ".eE") {
		if len(s) > maxDigits {
			return nil, fmt.Errorf("a JSON number has more than %d digits", maxDigits)
		}
		i, _ := new(big.Int).SetString(s, 10)
		return normal(i), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) { // too large a number is infinite in Python, too
		return nil, err
	}
	return f, nil
}

// List is a list of values, for variables that are not JSON.
func List(items ...Value) Value { return list(items) }
