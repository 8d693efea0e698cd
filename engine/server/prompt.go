package server

import (
	"encoding/json"
	"math"
)

// prompt is one prompt, as text or as token ids.
type prompt struct {
	text string  // of ids that came as such only where it is needed
	ids  []int32 // nil for a text that is not tokenized yet
}

// readPrompts takes a string, an array of strings, an array of token ids, or an
// array of such arrays.
func readPrompts(r *request, name string, raw json.RawMessage) *Error {
	var e *Error
	switch kindOf(raw) {
	case kindString:
		r.prompts, e = readTexts(name, []json.RawMessage{raw}, func(int) string { return name })
		return e
	case kindArray:
	default:
		return invalid(name, "%s: expected a string or an array of strings or of token ids, found %s.", name, found(raw))
	}
	values, e := parseArray(name, raw)
	if e != nil {
		return e
	}
	if len(values) == 0 {
		return invalid(name, "%s: the array is empty.", name)
	}
	at := func(i int) string { return element(name, i) }
	switch kindOf(values[0]) {
	case kindString:
		r.prompts, e = readTexts(name, values, at)
	case kindArray:
		r.prompts, e = readTokenLists(name, values, at)
	default:
		var ids []int32
		ids, e = readTokens(name, values)
		r.prompts = []prompt{{ids: ids}}
	}
	return e
}

func readTexts(name string, values []json.RawMessage, at func(int) string) ([]prompt, *Error) {
	if e := checkPromptCount(name, len(values)); e != nil {
		return nil, e
	}
	prompts := make([]prompt, len(values))
	for i, value := range values {
		text, e := parseString(at(i), value)
		if e != nil {
			e.Param = name
			return nil, e
		}
		prompts[i].text = text
	}
	return prompts, nil
}

func readTokenLists(name string, values []json.RawMessage, at func(int) string) ([]prompt, *Error) {
	if e := checkPromptCount(name, len(values)); e != nil {
		return nil, e
	}
	prompts := make([]prompt, len(values))
	for i, value := range values {
		list, e := parseArray(at(i), value)
		if e == nil {
			prompts[i].ids, e = readTokens(at(i), list)
		}
		if e != nil {
			e.Param = name
			return nil, e
		}
	}
	return prompts, nil
}

// readTokens gives a slice that is not nil, so that a prompt of ids is told from a text.
func readTokens(name string, values []json.RawMessage) ([]int32, *Error) {
	ids := make([]int32, len(values))
	for i, value := range values {
		id, e := parseInteger(element(name, i), value, 0, math.MaxInt32)
		if e != nil {
			e.Param = name
			return nil, e
		}
		ids[i] = int32(id)
	}
	return ids, nil
}

func checkPromptCount(name string, n int) *Error {
	if n > maxPrompts {
		return invalid(name, "%s: expected at most %d prompts, found %d.", name, maxPrompts, n)
	}
	return nil
}
