package server

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/assaylab/assay/engine/sample"
)

// request is what a client asked, of either endpoint, checked but not tokenized.
type request struct {
	model       string
	prompts     []prompt // completions
	maxTokens   *int
	limitName   string // the name under which maxTokens came
	minTokens   int
	temperature float64
	topP        float64
	topK        int
	minP        float64
	presence    float64
	frequency   float64
	repetition  float64
	bias        []sample.Bias
	seed        *int64
	stop        []string
	stopTokens  []int32
	echo        bool
	n           int
	ignoreEOS   bool
	priority    int
	prioritized bool // a priority was given
	stream      bool
	usage       *streamOptions
	pinPrompt   bool
	drafts      *int   // tokens drafted per step at most; nil for the server's
	cacheSalt   string // empty where none was given
	user        string // likewise; for metering alone

	logprobs    bool // asked for at all
	topLogprobs *int // alternatives per token

	// Chat.
	messages   []json.RawMessage // nil before any came
	tools      []json.RawMessage
	toolChoice string // "none", "auto", or empty where it is not given
	openTurn   bool   // have the template begin the assistant's turn
	variables  map[string]json.RawMessage

	// Tokenizing.
	tokens     []int32 // nil before any came
	addSpecial *bool
	tokenTexts bool
}

// streamOptions say which messages of a stream carry token counts.
type streamOptions struct {
	final      bool // include_usage: one last message without choices
	continuous bool // continuous_usage_stats: every message
}

// field reads one parameter's value. The value is never null.
type field func(r *request, name string, raw json.RawMessage) *Error

// decode reads a body by an endpoint's table of fields.
func decode(body []byte, fields map[string]field) (*request, *Error) {
	if e := checkJSON(body); e != nil {
		return nil, e
	}
	r := &request{temperature: 1, topP: 1, n: 1, repetition: 1, openTurn: true}
	e := members(body, "", func(name string, raw json.RawMessage) *Error {
		read, known := fields[name]
		if !known {
			return unknown(name, slices.Sorted(maps.Keys(fields)))
		}
		if kindOf(raw) == kindNull {
			return nil
		}
		return read(r, name, raw)
	})
	if e != nil {
		return nil, e
	}
	return r, nil
}

// check holds what concerns more than one parameter of a generation request.
func (r *request) check() *Error {
	switch {
	case r.model == "":
		return invalid("model", "model is missing.")
	case r.usage != nil && !r.stream:
		return invalid("stream_options", "stream_options needs stream: true.")
	case r.topLogprobs != nil && !r.logprobs:
		return invalid("top_logprobs", "top_logprobs needs logprobs: true.")
	case r.maxTokens != nil && *r.maxTokens == 0 && !r.echo:
		return invalid(r.limitName, "%s: expected an integer from 1 to 2147483647, found 0; only with echo: true there is an answer without tokens.", r.limitName)
	case r.toolChoice == "auto" && len(r.tools) == 0:
		return invalid("tool_choice", "tool_choice: \"auto\" needs tools.")
	}
	return nil
}

// unknown refuses a name, and offers the nearest of those that there are.
func unknown(name string, known []string) *Error {
	e := invalid(name, "Unknown parameter %q.", name)
	e.Code = "unknown_parameter"
	if near := nearest(name, known); near != "" {
		e.Message = "Unknown parameter " + quote(name) + "; did you mean " + quote(near) + "?"
	}
	return e
}

func unsupported(name string, raw json.RawMessage, instead string) *Error {
	e := invalid(name, "%s is not supported (found %s); %s.", name, found(raw), instead)
	e.Code = "unsupported_parameter"
	return e
}
