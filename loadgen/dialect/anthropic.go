package dialect

import (
	"encoding/json"
	"fmt"

	"github.com/assaylab/assay/loadgen/workload"
)

// Messages is Anthropic's /v1/messages, which vLLM and others serve too.
type Messages struct{}

var _ Dialect = Messages{}

func (Messages) String() string { return messagesForm.name }
func (Messages) form() *form    { return &messagesForm }

// messagesForm is the API's version of 2023, which others serve too. The one of 2026 refuses to be told how to sample and wants
// the key as OpenAI does: it is asked where sampling is left to the server. Events are the same in both.
var (
	messagesForm = form{
		name: "anthropic messages", auth: Auth{Header: "X-Api-Key"}, header: map[string]string{"Anthropic-Version": "2023-06-01"},
		owned: ownedByAnthropic,
		lacks: lacks{forced: noForced, seed: "the API has no such parameter", priority: noPriority, hottest: 1},
	}
	newMessagesForm = form{
		name: "anthropic messages", auth: bearer, header: map[string]string{"Anthropic-Version": "2026-10-21"},
		owned: ownedByAnthropic, lacks: messagesForm.lacks,
	}
	ownedByAnthropic = []string{"max_tokens", "messages", "metadata", "model", "stop_sequences", "stream", "system", "temperature", "top_k", "top_p"}
)

// Encode implements Dialect. What the system says is no message here.
func (Messages) Encode(p workload.Prompt, o Options) (Call, error) {
	f := &messagesForm
	if o.ServerSampling {
		f = &newMessagesForm
	}
	if err := f.check(p, o); err != nil {
		return Call{}, err
	}
	system, rest := instructed(chat(p, ""))
	body := map[string]any{"model": o.Model, "messages": rest, "max_tokens": p.MaxTokens, "stream": true}
	o.sampling(body, "temperature", "top_p", "top_k", "")
	if system != "" {
		body["system"] = system
	}
	if len(o.Stop) > 0 {
		body["stop_sequences"] = o.Stop
	}
	if p.Team != "" {
		body["metadata"] = map[string]string{"user_id": p.Team}
	}
	return f.call("/v1/messages", o, body)
}

// NewDecoder implements Dialect.
func (Messages) NewDecoder() Decoder { return new(messages) }

// messages decodes the events of one answer.
type messages struct {
	done  bool
	usage Usage // the latest
}

func (d *messages) Shape() Shape { return Marked }
func (d *messages) Done() bool   { return d.done }

// messageEvent has the members of all events that matter.
type messageEvent struct {
	Type    string `json:"type"`
	Message *struct {
		ID    string        `json:"id"`
		Model string        `json:"model"`
		Usage *messageUsage `json:"usage"`
	} `json:"message"`
	Block struct {
		Type     string `json:"type"`
		Name     string `json:"name"`
		Text     string `json:"text"`
		Thinking string `json:"thinking"`
	} `json:"content_block"`
	Delta struct {
		Type     string `json:"type"`
		Text     string `json:"text"`
		Thinking string `json:"thinking"`
		JSON     string `json:"partial_json"`
		Reason   string `json:"stop_reason"`
	} `json:"delta"`
	Usage     *messageUsage   `json:"usage"`
	Error     json.RawMessage `json:"error"`
	RequestID string          `json:"request_id"`
}

// messageUsage are running totals. What is cached is not part of the input here.
type messageUsage struct {
	Input   int `json:"input_tokens"`
	Read    int `json:"cache_read_input_tokens"`
	Written int `json:"cache_creation_input_tokens"`
	Output  int `json:"output_tokens"`
	Details *struct {
		Thinking int `json:"thinking_tokens"`
	} `json:"output_tokens_details"`
}

// messageReasons are the reasons to stop.
var messageReasons = map[string]string{
	"end_turn": FinishStop, "stop_sequence": FinishStop, "max_tokens": FinishLength, "model_context_window_exceeded": FinishLength,
	"tool_use": FinishTool, "refusal": FinishFilter, "pause_turn": FinishPause,
}

// Decode implements Decoder. Events that it does not know are skipped, as the API's reference
// asks of clients.
func (d *messages) Decode(payload []byte) (Delta, error) {
	if d.done || string(payload) == "[DONE]" { // which some servers add
		return Delta{}, nil
	}
	var e messageEvent
	if err := json.Unmarshal(payload, &e); err != nil {
		return Delta{}, fmt.Errorf("not an event of a message: %w: %s", err, clip(string(payload)))
	}
	switch e.Type {
	case "message_start":
		return d.start(e, payload)
	case "content_block_start":
		return e.block(), nil
	case "content_block_delta":
		return e.delta(), nil
	case "message_delta":
		return d.change(e, payload)
	case "message_stop":
		d.done = true
	case "error":
		return Delta{ID: e.RequestID}, &ServerError{typedMessage(e.Error)}
	case "":
		if len(e.Error) > 0 && string(e.Error) != "null" {
			return Delta{}, &ServerError{errorMessage(e.Error)}
		}
		return Delta{}, fmt.Errorf("not an event of a message: no type in %s", clip(string(payload)))
	}
	return Delta{}, nil
}

// start has what is known of the prompt. Its count of the output is of a moment when there
// was none.
func (d *messages) start(e messageEvent, payload []byte) (Delta, error) {
	if e.Message == nil {
		return Delta{}, fmt.Errorf("not an event of a message: no message in %s", clip(string(payload)))
	}
	out := Delta{ID: e.Message.ID, Model: e.Message.Model}
	if u := e.Message.Usage; u != nil {
		d.usage.prompt(u)
		out.Usage = &d.usage
	}
	if err := out.Usage.check(payload); err != nil {
		return Delta{}, err
	}
	return out, nil
}

// prompt takes over the counts of the prompt that are there.
func (u *Usage) prompt(m *messageUsage) {
	if m.Input != 0 || m.Read != 0 || m.Written != 0 {
		u.Prompt, u.Cached, u.Written = m.Input+m.Read+m.Written, m.Read, m.Written
	}
}

// block is a part of the answer that begins: most begin empty, and the name of a tool is generated.
func (e messageEvent) block() Delta {
	switch b := e.Block; b.Type {
	case "tool_use", "server_tool_use", "mcp_tool_use":
		return Delta{Message: true, Text: b.Name}
	case "thinking":
		return Delta{Message: true, Text: b.Thinking, Thought: b.Thinking != ""}
	default:
		return Delta{Message: true, Text: b.Text}
	}
}

// delta is a piece of a part. Signatures and citations are not generated.
func (e messageEvent) delta() Delta {
	switch x := e.Delta; x.Type {
	case "text_delta":
		return Delta{Message: true, Text: x.Text}
	case "thinking_delta":
		return Delta{Message: true, Text: x.Thinking, Thought: x.Thinking != ""}
	case "input_json_delta":
		return Delta{Message: true, Text: x.JSON}
	}
	return Delta{}
}

// change is the end in all but name: why, and the totals.
func (d *messages) change(e messageEvent, payload []byte) (Delta, error) {
	var out Delta
	if u := e.Usage; u != nil {
		d.usage.prompt(u)
		d.usage.Output = u.Output
		if u.Details != nil {
			d.usage.Reasoning = u.Details.Thinking
		}
		out.Usage = &d.usage
	}
	if err := out.Usage.check(payload); err != nil {
		return Delta{}, err
	}
	out.Finish, out.Said = finished(messageReasons, e.Delta.Reason)
	return out, nil
}

// typedMessage is an error with its type before its message: the type is what says that a
// server is overloaded.
func typedMessage(raw json.RawMessage) string {
	var e struct{ Type, Message string }
	if json.Unmarshal(raw, &e) == nil && e.Type != "" && e.Message != "" {
		return clip(e.Type + ": " + e.Message)
	}
	return errorMessage(raw)
}
