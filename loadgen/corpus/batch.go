package corpus

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// MostTokens bounds what a row may ask for.
const MostTokens = 1 << 20

// theirs are members of a body that the load generator has values of its own for, and reads over.
var theirs = []string{
	"model", "stream", "stream_options", "temperature", "top_p", "top_k", "seed", "user", "metadata", "store", "service_tier", "priority",
	"frequency_penalty", "presence_penalty", "logit_bias", "echo", "ignore_eos",
}

// ours are the members that make the request.
var ours = []string{"messages", "prompt", "max_tokens", "max_completion_tokens", "n", "best_of"}

type batchRow struct {
	CustomID *string                    `json:"custom_id"`
	Method   string                     `json:"method"`
	URL      string                     `json:"url"`
	Body     map[string]json.RawMessage `json:"body"`
}

type batchBody struct {
	Messages            *[]batchMessage `json:"messages"`
	Prompt              json.RawMessage `json:"prompt"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	N                   *int            `json:"n"`
	BestOf              *int            `json:"best_of"`
}

type batchMessage struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

func parseBatch(raw []byte) (Row, error) {
	var row batchRow
	if err := unmarshal(raw, &row); err != nil {
		return Row{}, err
	}
	switch {
	case row.CustomID == nil:
		return Row{}, &fault{"custom_id", "none", "a string"}
	case row.Method != "" && row.Method != "POST":
		return Row{}, &fault{"method", fmt.Sprintf("%q", clip(row.Method)), `"POST"`}
	case row.URL != "" && row.URL != "/v1/chat/completions" && row.URL != "/v1/completions":
		return Row{}, &fault{"url", fmt.Sprintf("%q", clip(row.URL)), `"/v1/chat/completions" or "/v1/completions"`}
	}
	for _, name := range slices.Sorted(maps.Keys(row.Body)) {
		if !slices.Contains(theirs, name) && !slices.Contains(ours, name) {
			return Row{}, &fault{"body." + clip(name), "a member that the load generator does not send", "messages or prompt, max_tokens, and what a load has of its own, such as temperature"}
		}
	}
	var wrapped struct {
		Body batchBody `json:"body"`
	}
	if err := unmarshal(raw, &wrapped); err != nil {
		return Row{}, err
	}
	out := Row{ID: *row.CustomID}
	var err error
	if out.MaxTokens, err = wrapped.Body.length(); err != nil {
		return Row{}, err
	}
	turn, err := wrapped.Body.turn()
	if err != nil {
		return Row{}, err
	}
	if turn.Text() != "" {
		out.Turns = []Turn{turn}
	}
	return out, nil
}

// length is what the row asks for; the newer name counts where both are there.
func (b *batchBody) length() (int, error) {
	for _, one := range []struct {
		key string
		n   *int
	}{{"body.n", b.N}, {"body.best_of", b.BestOf}} {
		if one.n != nil && *one.n != 1 {
			return 0, &fault{one.key, fmt.Sprint(*one.n), "1: one answer for each request"}
		}
	}
	key, n := "body.max_completion_tokens", b.MaxCompletionTokens
	if n == nil {
		key, n = "body.max_tokens", b.MaxTokens
	}
	switch {
	case n == nil:
		return 0, nil
	case *n < 1 || *n > MostTokens:
		return 0, &fault{key, fmt.Sprint(*n), fmt.Sprintf("1 to %d", MostTokens)}
	}
	return *n, nil
}

func (b *batchBody) turn() (Turn, error) {
	switch {
	case (b.Messages == nil) == (b.Prompt == nil):
		return Turn{}, &fault{"body", "both of messages and prompt, or neither", "one of them"}
	case b.Prompt != nil:
		var text string
		if json.Unmarshal(b.Prompt, &text) != nil {
			return Turn{}, &fault{"body.prompt", excerpt(b.Prompt), "a string: one prompt for each row"}
		}
		return Turn{Plain: true, Ask: []Message{{User, text}}}, nil
	}
	var t Turn
	for i, m := range *b.Messages {
		key := fmt.Sprintf("body.messages[%d]", i)
		role := m.Role
		if role == "developer" {
			role = System
		}
		if role != System && role != User && role != Assistant {
			return Turn{}, &fault{key + ".role", fmt.Sprintf("%q", clip(m.Role)), "system, developer, user or assistant"}
		}
		text, err := content(key+".content", m.Content)
		if err != nil {
			return Turn{}, err
		}
		t.Ask = append(t.Ask, Message{role, text})
	}
	return t, nil
}

// content is a string, or an array of parts of text.
func content(key string, raw json.RawMessage) (text string, err error) {
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	var parts []struct {
		Type string  `json:"type"`
		Text *string `json:"text"`
	}
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &parts) != nil {
		return "", &fault{key, excerpt(raw), "a string, or an array of parts of text"}
	}
	for i, p := range parts {
		if p.Type != "text" || p.Text == nil {
			return "", &fault{fmt.Sprintf("%s[%d]", key, i), fmt.Sprintf("a part of type %q", clip(p.Type)), `one of type "text" with its text`}
		}
		text += *p.Text
	}
	return text, nil
}
