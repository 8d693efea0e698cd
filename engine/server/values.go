package server

import (
	"encoding/json"
	"reflect"
	"strings"
)

func pointer(v int64) *int { i := int(v); return &i }

func text(set func(*request, string)) field {
	return func(r *request, name string, raw json.RawMessage) *Error {
		v, e := parseString(name, raw)
		if e == nil {
			set(r, v)
		}
		return e
	}
}

func boolean(set func(*request, bool)) field {
	return func(r *request, name string, raw json.RawMessage) *Error {
		v, e := parseBool(name, raw)
		if e == nil {
			set(r, v)
		}
		return e
	}
}

func integer(least, most int64, set func(*request, int64)) field {
	return func(r *request, name string, raw json.RawMessage) *Error {
		v, e := parseInteger(name, raw, least, most)
		if e == nil {
			set(r, v)
		}
		return e
	}
}

func number(least, most float64, set func(*request, float64)) field {
	return func(r *request, name string, raw json.RawMessage) *Error {
		v, e := parseNumber(name, raw, least, most)
		if e == nil {
			set(r, v)
		}
		return e
	}
}

// neutral is a parameter that is not supported: only the values that ask for
// nothing pass. Null always does.
func neutral(values ...any) field {
	return func(_ *request, name string, raw json.RawMessage) *Error {
		var got any
		if err := json.Unmarshal(raw, &got); err != nil {
			return invalid(name, "%s: %v.", name, err)
		}
		accepted := []string{"null"}
		for _, v := range values {
			if reflect.DeepEqual(got, v) {
				return nil
			}
			shown, err := json.Marshal(v)
			if err != nil {
				panic(err) // the tables hold plain values only
			}
			accepted = append(accepted, string(shown))
		}
		return unsupported(name, raw, "only "+strings.Join(accepted, " or ")+" is accepted")
	}
}
