package dialect

import (
	"encoding/json"
	"fmt"

	"github.com/assaylab/assay/loadgen/workload"
)

// Responses is OpenAI's /v1/responses: a stream of named events, each with its type in its
// data. Answers are not stored by the provider.
type Responses struct{}

var _ Dialect = Responses{}

func (Responses) String() string { return responsesForm.name }
func (Responses) form() *form    { return &responsesForm }

var responsesForm = form{
	name: "openai responses", auth: bearer, strict: true,
	owned: []string{"input", "instructions", "max_output_tokens", "model", "seed", "store", "stop", "stream", "temperature", "top_p", "user"},
	lacks: lacks{
		forced: noForced, seed: "the API has no such parameter", topK: "the API has no such parameter",
		priority: noPriority, stop: "the API has no such parameter", hottest: 2,
	},
}

// Encode implements Dialect.
func (Responses) Encode(p workload.Prompt, o Options) (Call, error) {
	if err := responsesForm.check(p, o); err != nil {
		return Call{}, err
	}
	body := map[string]any{"model": o.Model, "input": chat(p, ""), "max_output_tokens": p.MaxTokens, "stream": true, "store": false}
	o.sampling(body, "temperature", "top_p", "", "")
	if p.Team != "" {
		body["user"] = p.Team
	}
	return responsesForm.call("/v1/responses", o, body)
}

// NewDecoder implements Dialect.
func (Responses) NewDecoder() Decoder { return new(responses) }

// responses decodes the events of one answer.
type responses struct {
	done  bool
	tool  bool  // a tool is called: the API says so by what it puts out alone
	usage Usage // the latest
}

func (d *responses) Shape() Shape { return Marked }
func (d *responses) Done() bool   { return d.done }

// responseEvent has the members of all events that matter.
type responseEvent struct {
	Type     string          `json:"type"`
	Delta    json.RawMessage `json:"delta"` // a string wherever it matters
	Item     responseItem    `json:"item"`
	Response *response       `json:"response"`
	Error    json.RawMessage `json:"error"`
	Message  string          `json:"message"`
	Code     any             `json:"code"`
}

type responseItem struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

// response is the state of the whole answer.
type response struct {
	ID         string          `json:"id"`
	Model      string          `json:"model"`
	Error      json.RawMessage `json:"error"`
	Incomplete *struct {
		Reason string `json:"reason"`
	} `json:"incomplete_details"`
	Usage *struct {
		Input        int `json:"input_tokens"`
		InputDetails *struct {
			Cached int `json:"cached_tokens"`
		} `json:"input_tokens_details"`
		Output        int `json:"output_tokens"`
		OutputDetails *struct {
			Reasoning int `json:"reasoning_tokens"`
		} `json:"output_tokens_details"`
	} `json:"usage"`
}

// responseTexts are the events whose delta is generated text, and whether it is reasoning. Those
// that end in "done" repeat it.
var responseTexts = map[string]bool{
	"response.output_text.delta":                false,
	"response.refusal.delta":                    false,
	"response.function_call_arguments.delta":    false,
	"response.custom_tool_call_input.delta":     false,
	"response.mcp_call_arguments.delta":         false,
	"response.code_interpreter_call_code.delta": false,
	"response.reasoning_text.delta":             true,
	"response.reasoning_summary_text.delta":     true,
}

// responseReasons are why an answer is incomplete.
var responseReasons = map[string]string{"max_output_tokens": FinishLength, "content_filter": FinishFilter}

// Decode implements Decoder.
func (d *responses) Decode(payload []byte) (Delta, error) {
	if d.done || string(payload) == "[DONE]" { // some servers add OpenAI's older end mark
		return Delta{}, nil
	}
	var e responseEvent
	if err := json.Unmarshal(payload, &e); err != nil {
		return Delta{}, fmt.Errorf("not an event of a response: %w: %s", err, clip(string(payload)))
	}
	if thought, ok := responseTexts[e.Type]; ok {
		return textDelta(e.Delta, thought, payload)
	}
	switch e.Type {
	case "":
		if message, failed := (&chunk{Error: e.Error, Message: e.Message}).failure(); failed {
			return Delta{}, &ServerError{message}
		}
		return Delta{}, fmt.Errorf("not an event of a response: no type in %s", clip(string(payload)))
	case "error":
		return Delta{}, &ServerError{e.failure()}
	case "response.output_item.added":
		return d.item(e.Item), nil
	case "response.completed", "response.incomplete", "response.failed":
		return d.end(e, payload)
	}
	if e.Response != nil {
		return Delta{ID: e.Response.ID, Model: e.Response.Model}, nil
	}
	return Delta{}, nil // of no interest, or newer than this
}

// textDelta is a piece of generated text.
func textDelta(raw json.RawMessage, thought bool, payload []byte) (Delta, error) {
	out := Delta{Message: true}
	if err := json.Unmarshal(raw, &out.Text); err != nil {
		return Delta{}, fmt.Errorf("the delta is no string: %s", clip(string(payload)))
	}
	out.Thought = thought && out.Text != ""
	return out, nil
}

// item is a part of the answer that begins. The name of a tool is generated as well.
func (d *responses) item(i responseItem) Delta {
	switch i.Type {
	case "function_call", "custom_tool_call", "mcp_call":
		d.tool = true
		return Delta{Message: true, Text: i.Name}
	}
	return Delta{}
}

// failure is what an error event says, in the shape of the API's reference or in that of a
// refusal's body.
func (e responseEvent) failure() string {
	if len(e.Error) > 0 && string(e.Error) != "null" {
		return errorMessage(e.Error)
	}
	if code, ok := e.Code.(string); ok && code != "" {
		return clip(code + ": " + e.Message)
	}
	return clip(e.Message)
}

// end reads the last event of an answer.
func (d *responses) end(e responseEvent, payload []byte) (Delta, error) {
	r := e.Response
	if r == nil {
		return Delta{}, fmt.Errorf("not an event of a response: no response in %s", clip(string(payload)))
	}
	out := Delta{ID: r.ID, Model: r.Model}
	if u := r.Usage; u != nil {
		d.usage = Usage{Prompt: u.Input, Output: u.Output}
		if u.InputDetails != nil {
			d.usage.Cached = u.InputDetails.Cached
		}
		if u.OutputDetails != nil {
			d.usage.Reasoning = u.OutputDetails.Reasoning
		}
		out.Usage = &d.usage
	}
	if err := out.Usage.check(payload); err != nil {
		return Delta{}, err
	}
	d.done = true
	if e.Type == "response.failed" {
		return Delta{ID: r.ID}, &ServerError{errorMessage(r.Error)}
	}
	out.Finish, out.Said = d.reason(e.Type, r)
	return out, nil
}

// reason is why the answer ended.
func (d *responses) reason(event string, r *response) (finish, said string) {
	if r.Incomplete != nil && r.Incomplete.Reason != "" {
		return finished(responseReasons, r.Incomplete.Reason)
	}
	if d.tool {
		return FinishTool, event
	}
	return FinishStop, event
}
