package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/assaylab/assay/engine/chat/jinja"
)

// Input is what a template renders. Messages, tools and variables are JSON as the client wrote it: templates
// write tools out again, in the same order of keys and with the same numbers.
type Input struct {
	Messages            []json.RawMessage          // objects
	Tools               []json.RawMessage          // objects; nil is no tools, which templates tell from an empty list
	AddGenerationPrompt bool                       // opens the assistant's turn, if the template knows how
	Variables           map[string]json.RawMessage // such as enable_thinking or documents
	Now                 time.Time                  // what strftime_now tells
}

// Text is a message with a role and a text.
func Text(role, content string) json.RawMessage {
	raw, err := json.Marshal(struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}{role, content})
	if err != nil {
		panic(err) // strings always marshal
	}
	return raw
}

// Template is a parsed chat template. It is immutable: Render may be called from many goroutines.
type Template struct {
	standard *jinja.Template
	toolUse  *jinja.Template // for conversations with tools; nil where there is one template for all
	bos, eos string
}

// RaisedError is what Render returns when the template itself rejects the conversation with
// raise_exception, for example because roles do not alternate.
type RaisedError struct{ Message string }

func (e *RaisedError) Error() string { return "chat: the template rejects the messages: " + e.Message }

// New parses a template. bos and eos are the texts of those tokens, empty where the
// model has none. Syntax errors and what a template may not use are reported here, with the line.
func New(template, bos, eos string) (*Template, error) {
	parsed, err := jinja.Parse(template)
	if err != nil {
		return nil, fmt.Errorf("chat: template: %w", err)
	}
	return &Template{standard: parsed, bos: bos, eos: eos}, nil
}

// WithToolUse is t with another template for conversations with tools.
func (t *Template) WithToolUse(template string) (*Template, error) {
	parsed, err := jinja.Parse(template)
	if err != nil {
		return nil, fmt.Errorf("chat: template for tool use: %w", err)
	}
	return &Template{t.standard, parsed, t.bos, t.eos}, nil
}

// Render gives the prompt for a conversation. The error is a *RaisedError when the template rejects it.
func (t *Template) Render(in Input) (string, error) {
	variables, err := t.variables(in)
	if err != nil {
		return "", fmt.Errorf("chat: %w", err)
	}
	template := t.standard
	if in.Tools != nil && t.toolUse != nil {
		template = t.toolUse
	}
	text, err := template.Render(variables, in.Now)
	var raised *jinja.RaisedError
	switch {
	case errors.As(err, &raised):
		return "", &RaisedError{raised.Message}
	case err != nil:
		return "", fmt.Errorf("chat: render template: %w", err)
	}
	return text, nil
}

var ownVariables = []string{"messages", "tools", "add_generation_prompt"}

// variables are those that apply_chat_template passes. A token that the model does not have stays undefined.
func (t *Template) variables(in Input) (*jinja.Dict, error) {
	v := &jinja.Dict{}
	for name, token := range map[string]string{"bos_token": t.bos, "eos_token": t.eos} {
		if token != "" {
			v.Set(name, token)
		}
	}
	v.Set("documents", nil)
	for _, name := range slices.Sorted(maps.Keys(in.Variables)) {
		if slices.Contains(ownVariables, name) {
			return nil, fmt.Errorf("variable %s: it is set by the conversation itself", name)
		}
		value, err := jinja.FromJSON(in.Variables[name])
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		v.Set(name, value)
	}
	messages, err := readMessages(in.Messages)
	if err != nil {
		return nil, err
	}
	tools, err := readTools(in.Tools)
	if err != nil {
		return nil, err
	}
	v.Set("messages", messages)
	v.Set("tools", tools)
	v.Set("add_generation_prompt", in.AddGenerationPrompt)
	return v, nil
}

func readTools(raw []json.RawMessage) (jinja.Value, error) {
	if raw == nil {
		return nil, nil
	}
	tools := make([]jinja.Value, len(raw))
	for i, r := range raw {
		var err error
		if tools[i], err = readObject(r); err != nil {
			return nil, fmt.Errorf("tools[%d]: %w", i, err)
		}
	}
	return jinja.List(tools...), nil
}

func readMessages(raw []json.RawMessage) (jinja.Value, error) {
	messages := make([]jinja.Value, len(raw))
	for i, r := range raw {
		m, err := readObject(r)
		if err != nil {
			return nil, fmt.Errorf("messages[%d]: %w", i, err)
		}
		messages[i] = withReasoning(m)
	}
	return jinja.List(messages...), nil
}

func readObject(raw json.RawMessage) (*jinja.Dict, error) {
	v, err := jinja.FromJSON(raw)
	if err != nil {
		return nil, err
	}
	d, ok := v.(*jinja.Dict)
	if !ok {
		return nil, fmt.Errorf("expected an object, found %.20s", raw)
	}
	return d, nil
}

// reasoningFields are the names under which clients send an assistant's reasoning; templates read one of the
// first two.
var reasoningFields = []string{"reasoning_content", "thinking", "reasoning"}

// withReasoning is m with its reasoning under both names that templates read, as transformers does it.
func withReasoning(m *jinja.Dict) *jinja.Dict {
	for _, field := range reasoningFields {
		reasoning, _ := m.Get(field)
		if reasoning == nil {
			continue
		}
		out := &jinja.Dict{}
		out.Set("thinking", reasoning)
		for name, v := range m.Entries() {
			out.Set(name, v)
		}
		out.Set("reasoning_content", reasoning)
		return out
	}
	return m
}
