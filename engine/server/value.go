package server

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind is what a JSON value is, by its first character.
type kind byte

const (
	kindNull   kind = 'n'
	kindBool   kind = 't'
	kindString kind = '"'
	kindNumber kind = '0'
	kindArray  kind = '['
	kindObject kind = '{'
)

// kindOf looks at a valid JSON value.
func kindOf(raw json.RawMessage) kind {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return kindNull
	}
	switch raw[0] {
	case 'f', 't':
		return kindBool
	case 'n', '"', '[', '{':
		return kind(raw[0])
	}
	return kindNumber
}

// found shows a value in a message, cut to a readable length.
func found(raw json.RawMessage) string {
	const most = 40
	text := string(bytes.TrimSpace(raw))
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}

func parseString(name string, raw json.RawMessage) (string, *Error) {
	var s string
	if kindOf(raw) != kindString || json.Unmarshal(raw, &s) != nil {
		return "", invalid(name, "%s: expected a string, found %s.", name, found(raw))
	}
	return s, nil
}

func parseBool(name string, raw json.RawMessage) (bool, *Error) {
	if kindOf(raw) != kindBool {
		return false, invalid(name, "%s: expected true or false, found %s.", name, found(raw))
	}
	return bytes.TrimSpace(raw)[0] == 't', nil
}

// parseInteger takes whole numbers written without point or exponent.
func parseInteger(name string, raw json.RawMessage, least, most int64) (int64, *Error) {
	i, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	if err != nil || i < least || i > most {
		return 0, invalid(name, "%s: expected an integer from %d to %d, found %s.", name, least, most, found(raw))
	}
	return i, nil
}

func parseNumber(name string, raw json.RawMessage, least, most float64) (float64, *Error) {
	f, err := strconv.ParseFloat(strings.TrimSpace(string(raw)), 64)
	if kindOf(raw) != kindNumber || err != nil || f < least || f > most {
		return 0, invalid(name, "%s: expected a number from %v to %v, found %s.", name, least, most, found(raw))
	}
	return f, nil
}

// parseArray splits an array into its values.
func parseArray(name string, raw json.RawMessage) ([]json.RawMessage, *Error) {
	var values []json.RawMessage
	if kindOf(raw) != kindArray || json.Unmarshal(raw, &values) != nil {
		return nil, invalid(name, "%s: expected an array, found %s.", name, found(raw))
	}
	return values, nil
}

func element(name string, i int) string { return name + "[" + strconv.Itoa(i) + "]" }
