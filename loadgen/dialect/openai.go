package dialect

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/assaylab/assay/loadgen/workload"
)

// Completions is OpenAI's /v1/completions as vLLM and others serve it: the prompt
// is plain text.
type Completions struct{}

// Chat is OpenAI's /v1/chat/completions: the prompt's messages where it has some, else
// one user message; after System where that is not empty.
type Chat struct{ System string }

var (
	_ Dialect = Completions{}
	_ Dialect = Chat{}
)

func (Completions) String() string { return "openai completions" }
func (Chat) String() string        { return "openai chat" }

// Encode implements Dialect.
func (Completions) Encode(p workload.Prompt, o Options) (Call, error) {
	return encode("/v1/completions", p, o, map[string]any{"prompt": p.Text})
}

// Encode implements Dialect.
func (c Chat) Encode(p workload.Prompt, o Options) (Call, error) {
	type message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	var messages []message
	if c.System != "" {
		messages = append(messages, message{"system", c.System})
	}
	for _, m := range p.Messages {
		messages = append(messages, message(m))
	}
	if p.Messages == nil {
		messages = append(messages, message{"user", p.Text})
	}
	return encode("/v1/chat/completions", p, o, map[string]any{"messages": messages})
}

// NewDecoder implements Dialect.
func (Completions) NewDecoder() Decoder { return new(openAI) }

// NewDecoder implements Dialect.
func (Chat) NewDecoder() Decoder { return new(openAI) }

// encode adds to body what both endpoints have in common. The same request always
// gives the same bytes: encoding/json sorts the members.
func encode(path string, p workload.Prompt, o Options, body map[string]any) (Call, error) {
	if err := o.validate(); err != nil {
		return Call{}, err
	}
	if p.MaxTokens < 1 {
		return Call{}, fmt.Errorf("max_tokens is %d, expected at least 1", p.MaxTokens)
	}
	body["model"] = o.Model
	body["max_tokens"] = p.MaxTokens
	body["stream"] = true
	body["temperature"] = o.Temperature
	if o.TopP != 0 {
		body["top_p"] = o.TopP
	}
	if o.TopK != 0 {
		body["top_k"] = o.TopK
	}
	if o.Seed != nil {
		body["seed"] = *o.Seed
	}
	if o.IgnoreEOS {
		body["ignore_eos"] = true
	}
	switch o.Usage {
	case UsageContinuous:
		body["stream_options"] = map[string]bool{"include_usage": true, "continuous_usage_stats": true}
	case UsageFinal:
		body["stream_options"] = map[string]bool{"include_usage": true}
	}
	if p.Priority != 0 {
		body["priority"] = p.Priority
	}
	if p.Team != "" {
		body["user"] = p.Team
	}
	maps.Copy(body, o.Extra)
	raw, err := json.Marshal(body)
	if err != nil {
		return Call{}, fmt.Errorf("encode request: %w", err)
	}
	header := o.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	header.Set("Accept", "text/event-stream")
	return Call{Path: path, Header: header, Body: raw}, nil
}

// owned are the members of a body that Extra may not set.
var owned = []string{
	"ignore_eos", "max_tokens", "messages", "model", "n", "priority", "prompt", "seed", "stream", "stream_options", "temperature", "top_k", "top_p", "user",
}

func (o Options) validate() error {
	for _, key := range slices.Sorted(maps.Keys(o.Extra)) {
		if slices.Contains(owned, key) {
			return fmt.Errorf("extra member %q: set by the load generator itself, use its own option", key)
		}
	}
	switch {
	case o.Model == "":
		return errors.New("model name is empty, expected the name that the server lists")
	case !(o.Temperature >= 0) || math.IsInf(o.Temperature, 1):
		return fmt.Errorf("temperature is %g, expected 0 or more", o.Temperature)
	case !(o.TopP >= 0 && o.TopP <= 1):
		return fmt.Errorf("top_p is %g, expected 0 (not sent) to 1", o.TopP)
	case o.Usage < UsageContinuous || o.Usage > UsageNone:
		return fmt.Errorf("unknown usage option %d", o.Usage)
	}
	return nil
}

// openAI decodes chunks of both endpoints: their members do not collide.
type openAI struct {
	done       bool
	scanner    scanner
	id, finish string // the latest, so that the same is one string
	usage      Usage  // the latest
}

func (d *openAI) Done() bool { return d.done }

type chunk struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Choices []struct {
		Text         string  `json:"text"`
		Delta        delta   `json:"delta"`
		FinishReason *string `json:"finish_reason"`
	} `json:"choices"`
	Usage   *usage          `json:"usage"`
	Error   json.RawMessage `json:"error"`
	Message string          `json:"message"`
}

// delta is a piece of a chat message. Reasoning goes by two names, and some servers
// send it under both.
type delta struct {
	Content          string `json:"content"`
	ReasoningContent string `json:"reasoning_content"`
	Reasoning        string `json:"reasoning"`
	Refusal          string `json:"refusal"`
	ToolCalls        []struct {
		Function struct {
			Name      string `json:"name"`
			Arguments string `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	Details          *struct {
		CachedTokens int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
}

// Decode implements Decoder.
func (d *openAI) Decode(payload []byte) (Delta, error) {
	if string(payload) == "[DONE]" {
		d.done = true
		return Delta{}, nil
	}
	if out, ok := d.scan(payload); ok {
		return out, nil
	}
	return decodeChunk(payload)
}

// decodeChunk reads what scan does not.
func decodeChunk(payload []byte) (Delta, error) {
	var c chunk
	if err := json.Unmarshal(payload, &c); err != nil {
		return Delta{}, fmt.Errorf("not a completion chunk: %w: %s", err, clip(string(payload)))
	}
	if msg, failed := c.failure(); failed {
		return Delta{ID: c.ID}, &ServerError{msg}
	}
	if c.Choices == nil && c.Usage == nil {
		return Delta{}, fmt.Errorf("not a completion chunk: neither choices nor usage in %s", clip(string(payload)))
	}
	out := Delta{ID: c.ID, Message: len(c.Choices) > 0, Usage: c.Usage.plain()}
	for _, choice := range c.Choices {
		out.Text += choice.Text + choice.Delta.text()
		if choice.FinishReason != nil && *choice.FinishReason != "" {
			out.Finish = *choice.FinishReason
		}
	}
	if u := out.Usage; u != nil && (u.Prompt < 0 || u.Output < 0 || u.Cached < 0) {
		return Delta{}, fmt.Errorf("usage has counts below 0: %s", clip(string(payload)))
	}
	return out, nil
}

// failure finds an error object in its two shapes, {"error": ...} and the older
// {"object": "error", "message": ...}.
func (c *chunk) failure() (string, bool) {
	if len(c.Error) > 0 && string(c.Error) != "null" {
		return errorMessage(c.Error), true
	}
	if c.Object == "error" {
		return c.Message, true
	}
	return "", false
}

func (d delta) text() string {
	s := cmp.Or(d.ReasoningContent, d.Reasoning) + d.Content + d.Refusal
	for _, call := range d.ToolCalls {
		s += call.Function.Name + call.Function.Arguments
	}
	return s
}

func (u *usage) plain() *Usage {
	if u == nil {
		return nil
	}
	out := &Usage{Prompt: u.PromptTokens, Output: u.CompletionTokens}
	if u.Details != nil {
		out.Cached = u.Details.CachedTokens
	}
	return out
}

// errorMessage is the text of an error member: a string, or an object with a message.
func errorMessage(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return clip(text)
	}
	var object struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(raw, &object) == nil && object.Message != "" {
		return clip(object.Message)
	}
	return clip(string(raw))
}

// ErrorText is the message in the body of a refusal, or the body itself, shortened,
// where it has no known shape.
func ErrorText(body []byte) string {
	var c chunk
	if json.Unmarshal(body, &c) == nil {
		if msg, failed := c.failure(); failed {
			return clip(msg)
		}
		if c.Message != "" {
			return clip(c.Message)
		}
	}
	return clip(strings.TrimSpace(string(body)))
}

func clip(s string) string {
	const most = 200
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}
