package server

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// roles are those of OpenAI's API. What a template makes of them is its own affair.
var roles = []string{"system", "developer", "user", "assistant", "tool"}

// readMessages takes a conversation.
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

// turn is what is checked of a message. What is written for the template keeps the order of
// members, with these changes: parts of content become one text, "developer", which hardly a
// template knows, becomes "system", whose place it took, and the arguments of tool calls
// become the values that they spell.
type turn struct {
	path       string
	role       string
	hasContent bool
	hasCalls   bool
	hasCallID  bool
	out        object
}

func readMessage(path string, raw json.RawMessage) (json.RawMessage, *Error) {
	m := turn{path: path}
	e := members(raw, path+".", func(full string, value json.RawMessage) *Error {
		return m.member(strings.TrimPrefix(full, path+"."), full, value)
	})
	if e == nil {
		e = m.check()
	}
	return m.out.bytes(), e
}

// messageMembers are the names that a message may have, and emptyMembers those that it may have with nothing in them.
var (
	messageMembers = []string{"role", "content", "name", "tool_calls", "tool_call_id"}
	emptyMembers   = []string{"function_call", "refusal", "audio", "annotations", "reasoning_content"}
)

func (m *turn) member(name, full string, value json.RawMessage) *Error {
	isNull := kindOf(value) == kindNull
	switch {
	case slices.Contains(emptyMembers, name):
		if isNull || name == "annotations" && string(bytes.TrimSpace(value)) == "[]" {
			return nil
		}
		return unsupported(full, value, "only null is accepted")
	case !slices.Contains(messageMembers, name):
		return unknown(full, m.known())
	case isNull && name == "content":
		m.out.add(name, value)
		return nil
	case isNull && name != "role":
		return nil
	}
	value, e := m.read(name, full, value)
	m.out.add(name, value)
	return e
}

func (m *turn) known() []string {
	known := make([]string, len(messageMembers))
	for i, k := range messageMembers {
		known[i] = m.path + "." + k
	}
	return known
}

// read is what the template gets of one of messageMembers.
func (m *turn) read(name, full string, value json.RawMessage) (_ json.RawMessage, e *Error) {
	switch name {
	case "role":
		if m.role, e = parseString(full, value); m.role == "developer" {
			value = json.RawMessage(`"system"`)
		}
	case "content":
		var text string
		m.hasContent = true
		text, e = readContent(full, value)
		value = marshal(text)
	case "name":
		_, e = parseString(full, value)
	case "tool_call_id":
		m.hasCallID = true
		_, e = parseString(full, value)
	case "tool_calls":
		m.hasCalls = true
		value, e = readToolCalls(full, value)
	}
	return value, e
}

// check holds what concerns the message as a whole.
func (m *turn) check() *Error {
	switch {
	case !slices.Contains(roles, m.role):
		return invalid(m.path+".role", "%s.role: expected one of %s, found %q.", m.path, strings.Join(roles, ", "), m.role)
	case m.hasCalls && m.role != "assistant":
		return invalid(m.path+".tool_calls", "%s.tool_calls: only the assistant calls tools, not the %s.", m.path, m.role)
	case m.hasCallID != (m.role == "tool"):
		return invalid(m.path+".tool_call_id", "%s.tool_call_id: expected in messages of the role tool, and in no others.", m.path)
	case !m.hasContent && !m.hasCalls:
		return invalid(m.path+".content", "%s.content is missing.", m.path)
	}
	return nil
}

// object writes a JSON object member by member.
type object struct{ b bytes.Buffer }

func (o *object) add(name string, value json.RawMessage) {
	if o.b.Len() > 0 {
		o.b.WriteByte(',')
	}
	o.b.Write(marshal(name))
	o.b.WriteByte(':')
	o.b.Write(bytes.TrimSpace(value))
}

func (o *object) bytes() json.RawMessage { return slices.Concat([]byte("{"), o.b.Bytes(), []byte("}")) }

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
	if len(parts) == 0 {
		return "", invalid(path, "%s: the array is empty.", path)
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		if texts[i], e = readPart(element(path, i), part); e != nil {
			return "", e
		}
	}
	return strings.Join(texts, "\n"), nil
}

// readPart takes {"type": "text", "text": ...}. Parts of other types are refused by that type,
// whatever else they have.
func readPart(path string, raw json.RawMessage) (string, *Error) {
	var kind, text string
	var others *Error
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
			if others == nil {
				others = unknown(full, []string{path + ".type", path + ".text"})
			}
		}
		return e
	})
	switch {
	case e != nil:
	case kind == "":
		e = invalid(path+".type", "%s.type is missing.", path)
	case others != nil:
		e = others
	case !hasText:
		e = invalid(path+".text", "%s.text is missing.", path)
	}
	return text, e
}
