package server

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine/chat"
)

// roles are those that every chat template knows.
var roles = []string{"system", "user", "assistant"}

// readMessages takes a conversation whose contents are texts.
func readMessages(r *request, name string, raw json.RawMessage) *Error {
	values, e := parseArray(name, raw)
	if e != nil {
		return e
	}
	if len(values) == 0 {
		return invalid(name, "%s: expected at least one message.", name)
	}
	for i, value := range values {
		m, e := readMessage(element(name, i), value)
		if e != nil {
			return e
		}
		r.messages = append(r.messages, m)
	}
	return nil
}

func readMessage(path string, raw json.RawMessage) (m chat.Message, e *Error) {
	hasContent := false
	e = members(raw, path+".", func(full string, value json.RawMessage) (e *Error) {
		switch strings.TrimPrefix(full, path+".") {
		case "role":
			m.Role, e = parseString(full, value)
		case "content":
			hasContent = true
			m.Content, e = readContent(full, value)
		case "name", "tool_calls", "tool_call_id", "function_call", "refusal", "audio", "annotations", "reasoning_content":
			if kindOf(value) != kindNull {
				e = unsupported(full, value, "only null is accepted")
			}
		default:
			e = unknown(full, []string{path + ".role", path + ".content"})
		}
		return e
	})
	switch {
	case e != nil:
	case !slices.Contains(roles, m.Role):
		e = invalid(path+".role", "%s.role: expected one of %s, found %q.", path, strings.Join(roles, ", "), m.Role)
	case !hasContent:
		e = invalid(path+".content", "%s.content is missing.", path)
	}
	return m, e
}

// readContent takes a text, or parts of type text, which are joined by line breaks
// as vLLM does it.
func readContent(path string, raw json.RawMessage) (string, *Error) {
	if kindOf(raw) == kindString {
		return parseString(path, raw)
	}
	if kindOf(raw) != kindArray {
		return "", invalid(path, "%s: expected a string or an array of parts, found %s.", path, found(raw))
	}
	parts, e := parseArray(path, raw)
	if e != nil {
		return "", e
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		if texts[i], e = readPart(element(path, i), part); e != nil {
			return "", e
		}
	}
	return strings.Join(texts, "\n"), nil
}

func readPart(path string, raw json.RawMessage) (string, *Error) {
	var kind, text string
	hasText := false
	e := members(raw, path+".", func(full string, value json.RawMessage) (e *Error) {
		switch strings.TrimPrefix(full, path+".") {
		case "type":
			if kind, e = parseString(full, value); e == nil && kind != "text" {
				e = unsupported(full, value, `only "text" is accepted`)
			}
		case "text":
			hasText = true
			text, e = parseString(full, value)
		default:
			e = unknown(full, []string{path + ".type", path + ".text"})
		}
		return e
	})
	switch {
	case e != nil:
	case kind == "":
		e = invalid(path+".type", "%s.type is missing.", path)
	case !hasText:
		e = invalid(path+".text", "%s.text is missing.", path)
	}
	return text, e
}
