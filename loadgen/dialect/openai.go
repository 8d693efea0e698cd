package dialect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/assaylab/assay/loadgen/workload"
)

// Completions is OpenAI's /v1/completions as vLLM and others serve it: the prompt
// is plain text.
type Completions struct{}

// Chat is OpenAI's /v1/chat/completions: the prompt's messages where it has some, else
// one user message; after System where that is not empty. As OpenAI itself serves it where
// Own is set: without the extensions that other servers have, and with its own name for the
// length of answers.
type Chat struct {
	System string
	Own    bool
}

var (
	_ Dialect = Completions{}
	_ Dialect = Chat{}
)

func (Completions) String() string { return completionsForm.name }
func (c Chat) String() string      { return c.form().name }
func (Completions) form() *form    { return &completionsForm }

// Encode implements Dialect.
func (Completions) Encode(p workload.Prompt, o Options) (Call, error) {
	return encode(&completionsForm, "/v1/completions", p, o, map[string]any{"prompt": p.Text, "max_tokens": p.MaxTokens})
}

// Encode implements Dialect.
func (c Chat) Encode(p workload.Prompt, o Options) (Call, error) {
	length := "max_tokens"
	if c.Own {
		length = "max_completion_tokens"
	}
	return encode(c.form(), "/v1/chat/completions", p, o, map[string]any{"messages": chat(p, c.System), length: p.MaxTokens})
}

func (c Chat) form() *form {
	if c.Own {
		return &ownChatForm
	}
	return &chatForm
}

// NewDecoder implements Dialect.
func (Completions) NewDecoder() Decoder { return new(openAI) }

// NewDecoder implements Dialect.
func (Chat) NewDecoder() Decoder { return new(openAI) }

// bearer is the key as OpenAI and Google's cloud want it.
var bearer = Auth{Header: "Authorization", Prefix: "Bearer "}

// ownedByOpenAI are the members of a body that Extra may not set.
var ownedByOpenAI = []string{
	"ignore_eos", "max_completion_tokens", "max_tokens", "messages", "model", "n", "priority", "prompt", "seed", "stop", "stream", "stream_options", "temperature", "top_k", "top_p", "user",
}

var (
	completionsForm = form{name: "openai completions", auth: bearer, owned: ownedByOpenAI}
	chatForm        = form{name: "openai chat", auth: bearer, owned: ownedByOpenAI}
	ownChatForm     = form{name: "OpenAI's own chat", auth: bearer, owned: ownedByOpenAI, strict: true, lacks: lacks{
		forced: noForced, topK: "the API has no such parameter", priority: noPriority, mostStops: 4, hottest: 2}}
)

// Reasons that several dialects have.
const (
	noForced   = "the API cannot be made to go on after the model has ended"
	noPriority = "the API has no priorities of requests"
)

// encode adds to body what both endpoints have in common.
func encode(f *form, path string, p workload.Prompt, o Options, body map[string]any) (Call, error) {
	if err := f.check(p, o); err != nil {
		return Call{}, err
	}
	body["model"], body["stream"] = o.Model, true
	o.sampling(body, "temperature", "top_p", "top_k", "seed")
	if len(o.Stop) > 0 {
		body["stop"] = o.Stop
	}
	if o.IgnoreEOS {
		body["ignore_eos"] = true
	}
	switch {
	case o.Usage == UsageContinuous && !f.strict:
		body["stream_options"] = map[string]bool{"include_usage": true, "continuous_usage_stats": true}
	case o.Usage != UsageNone:
		body["stream_options"] = map[string]bool{"include_usage": true}
	}
	if p.Priority != 0 {
		body["priority"] = p.Priority
	}
	if p.Team != "" {
		body["user"] = p.Team
	}
	return f.call(path, o, body)
}

// openAI decodes chunks of both endpoints: their members do not collide.
type openAI struct {
	done              bool
	scanner           scanner
	id, model, finish string // the latest, so that the same is one string
	usage             Usage  // the latest
}

func (d *openAI) Shape() Shape { return Marked }
func (d *openAI) Done() bool   { return d.done }

type chunk struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Model   string `json:"model"`
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
	OutputDetails *struct {
		ReasoningTokens int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
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
	out := Delta{ID: c.ID, Model: c.Model, Message: len(c.Choices) > 0, Usage: c.Usage.plain()}
	for _, choice := range c.Choices {
		out.Text += choice.Text + choice.Delta.text()
		out.Thought = out.Thought || choice.Delta.thought()
		if choice.FinishReason != nil && *choice.FinishReason != "" {
			out.Finish = *choice.FinishReason
		}
	}
	if err := out.Usage.check(payload); err != nil {
		return Delta{}, err
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

// thought says that the text is all of the reasoning channel.
func (d delta) thought() bool {
	return cmp.Or(d.ReasoningContent, d.Reasoning) != "" && d.Content == "" && d.Refusal == "" && len(d.ToolCalls) == 0
}

func (u *usage) plain() *Usage {
	if u == nil {
		return nil
	}
	out := &Usage{Prompt: u.PromptTokens, Output: u.CompletionTokens}
	if u.Details != nil {
		out.Cached = u.Details.CachedTokens
	}
	if u.OutputDetails != nil {
		out.Reasoning = u.OutputDetails.ReasoningTokens
	}
	return out
}

// check refuses counts that cannot be.
func (u *Usage) check(payload []byte) error {
	if u != nil && min(u.Prompt, u.Cached, u.Written, u.Output, u.Reasoning) < 0 {
		return fmt.Errorf("usage has counts below 0: %s", clip(string(payload)))
	}
	return nil
}

// errorMessage is the text of an error member: a string, or an object with a message.
func errorMessage(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return clip(raised(text))
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

// raised is the last line of a message that is a traceback of Python, which says what was raised: a cut would take just that.
func raised(message string) string {
	if !strings.Contains(message, "Traceback (most recent call last):") {
		return message
	}
	message = strings.TrimSpace(message)
	return message[strings.LastIndexByte(message, '\n')+1:]
}

// ellipsis ends a text that was cut off.
const ellipsis = "…"

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
	return s[:cut] + ellipsis
}
