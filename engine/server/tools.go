package server

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

const maxTools = 128 // tools, as OpenAI has it

// readTools takes definitions of functions, which go to the chat template as they are: what the
// model answers is text, in which the client finds the calls.
func readTools(r *request, name string, raw json.RawMessage) *Error {
	values, e := parseArray(name, raw)
	if e != nil {
		return e
	}
	if len(values) > maxTools {
		return invalid(name, "%s: expected at most %d tools, found %d.", name, maxTools, len(values))
	}
	for i, value := range values {
		if _, e := readFunction(element(name, i), value, []string{"name", "description", "parameters", "strict"}, nil); e != nil {
			return e
		}
		var flat bytes.Buffer
		if err := json.Compact(&flat, value); err != nil {
			return badJSON("The request body is not valid JSON: %v.", err)
		}
		r.tools = append(r.tools, flat.Bytes())
	}
	return nil
}

// readToolCalls takes the calls of an assistant's message, and gives them with the arguments as
// the values that their texts spell, which is what templates expect.
func readToolCalls(path string, raw json.RawMessage) (json.RawMessage, *Error) {
	values, e := parseArray(path, raw)
	if e != nil {
		return nil, e
	}
	if len(values) == 0 {
		return nil, invalid(path, "%s: the array is empty.", path)
	}
	for i, value := range values {
		if values[i], e = readFunction(element(path, i), value, []string{"name", "arguments"}, readArguments); e != nil {
			return nil, e
		}
	}
	return marshal(values), nil
}

// readFunction takes {"type": "function", "function": {...}}, perhaps with an id, whose function
// has a name and no members but the known ones. Change rewrites the function's members;
// nil leaves them.
func readFunction(path string, raw json.RawMessage, known []string, change func(name, full string, value json.RawMessage) (json.RawMessage, *Error)) (json.RawMessage, *Error) {
	var out object
	kind, hasFunction := "", false
	e := members(raw, path+".", func(full string, value json.RawMessage) (e *Error) {
		name := strings.TrimPrefix(full, path+".")
		switch name {
		case "type":
			if kind, e = parseString(full, value); e == nil && kind != "function" {
				e = unsupported(full, value, `only "function" is accepted`)
			}
		case "id":
			_, e = parseString(full, value)
		case "function":
			hasFunction = true
			value, e = readFunctionBody(full, value, known, change)
		default:
			e = unknown(full, []string{path + ".type", path + ".function", path + ".id"})
		}
		out.add(name, value)
		return e
	})
	switch {
	case e != nil:
	case kind == "":
		e = invalid(path+".type", "%s.type is missing.", path)
	case !hasFunction:
		e = invalid(path+".function", "%s.function is missing.", path)
	}
	return out.bytes(), e
}

func readFunctionBody(path string, raw json.RawMessage, known []string, change func(name, full string, value json.RawMessage) (json.RawMessage, *Error)) (json.RawMessage, *Error) {
	var out object
	named := false
	full := make([]string, len(known))
	for i, k := range known {
		full[i] = path + "." + k
	}
	e := members(raw, path+".", func(at string, value json.RawMessage) (e *Error) {
		name := strings.TrimPrefix(at, path+".")
		switch {
		case name == "name":
			var text string
			text, e = parseString(at, value)
			named = text != ""
		case !slices.Contains(full, at):
			e = unknown(at, full)
		case name == "parameters" && kindOf(value) != kindObject && kindOf(value) != kindNull:
			e = invalid(at, "%s: expected an object, found %s.", at, found(value))
		}
		if e == nil && change != nil {
			value, e = change(name, at, value)
		}
		out.add(name, value)
		return e
	})
	if e == nil && !named {
		e = invalid(path+".name", "%s.name is missing.", path)
	}
	return out.bytes(), e
}

// readArguments replaces the text of arguments by the object in it.
func readArguments(name, full string, value json.RawMessage) (json.RawMessage, *Error) {
	if name != "arguments" {
		return value, nil
	}
	text, e := parseString(full, value)
	if e != nil {
		return nil, e
	}
	if strings.TrimSpace(text) == "" {
		text = "{}"
	}
	inner := json.RawMessage(text)
	if !json.Valid(inner) || kindOf(inner) != kindObject {
		return nil, invalid(full, "%s: expected the text of a JSON object, found %s.", full, found(value))
	}
	return inner, nil
}

// readToolChoice takes what needs no grammar to enforce.
func readToolChoice(r *request, name string, raw json.RawMessage) *Error {
	if kindOf(raw) == kindString {
		choice, e := parseString(name, raw)
		if e != nil {
			return e
		}
		if choice == "none" || choice == "auto" {
			r.toolChoice = choice
			return nil
		}
	}
	return unsupported(name, raw, `only null, "none" or "auto" is accepted`)
}

// ownVariables are the names that the server itself gives to a template.
var ownVariables = []string{"messages", "tools", "add_generation_prompt", "bos_token", "eos_token"}

// readTemplateVariables takes vLLM's chat_template_kwargs.
func readTemplateVariables(r *request, name string, raw json.RawMessage) *Error {
	r.variables = map[string]json.RawMessage{}
	return members(raw, name+".", func(full string, value json.RawMessage) *Error {
		variable := strings.TrimPrefix(full, name+".")
		if slices.Contains(ownVariables, variable) {
			return invalid(full, "%s: the server sets this variable itself.", full)
		}
		r.variables[variable] = value
		return nil
	})
}
