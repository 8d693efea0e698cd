package dialect

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/assaylab/assay/loadgen/workload"
)

// Triton is the generate extension of Triton Inference Server: generate_stream, or generate
// where Whole is set. Inputs are named as TensorRT-LLM's ensemble names them, which Python
// models can be made to read as well; as the vLLM backend does where VLLM is set, which also
// counts tokens; and as TensorRT-LLM's LLM API does where LLMAPI is set in its place.
type Triton struct{ Whole, VLLM, LLMAPI bool }

var _ Dialect = Triton{}

func (t Triton) String() string { return t.form().name }

// tritonOwned are the members of a body that Extra may not set, in either form.
var tritonOwned = []string{
	"id", "text_input", "max_tokens", "min_tokens", "temperature", "top_k", "top_p", "seed", "stop_words", "bad_words", "stream", "parameters",
	"exclude_input_in_output", "return_finish_reason", "return_num_output_tokens",
}

const noTritonPriority = "the model configuration sets priorities"

var tritonForms = map[Triton]*form{
	{}:                          {name: "triton generate_stream", auth: bearer, owned: tritonOwned, lacks: lacks{priority: noTritonPriority}},
	{Whole: true}:               {name: "triton generate", auth: bearer, owned: tritonOwned, lacks: lacks{priority: noTritonPriority}, whole: true},
	{VLLM: true}:                {name: "triton generate_stream of the vLLM backend", auth: bearer, owned: tritonOwned, lacks: lacks{priority: noTritonPriority, mostStops: 1}},
	{VLLM: true, Whole: true}:   {name: "triton generate of the vLLM backend", auth: bearer, owned: tritonOwned, lacks: lacks{priority: noTritonPriority, mostStops: 1}, whole: true},
	{LLMAPI: true}:              {name: "triton generate_stream of TensorRT-LLM's LLM API", auth: bearer, owned: llmapiOwned, lacks: llmapiLacks},
	{LLMAPI: true, Whole: true}: {name: "triton generate of TensorRT-LLM's LLM API", auth: bearer, owned: llmapiOwned, lacks: llmapiLacks, whole: true},
}

func (t Triton) form() *form { return tritonForms[t] }

// Encode implements Dialect. There are no messages: a chat is sent as text.
func (t Triton) Encode(p workload.Prompt, o Options) (Call, error) {
	f := t.form()
	if err := f.check(p, o); err != nil {
		return Call{}, err
	}
	body := map[string]any{"text_input": p.Text, "stream": !t.Whole}
	switch {
	case t.LLMAPI:
		body = members(llmapiInputs(p, o, !t.Whole))
	case t.VLLM:
		t.parameters(body, p, o)
	default:
		tensors(body, p, o)
	}
	method := "/generate_stream"
	if t.Whole {
		method = "/generate"
	}
	return f.call(tritonPath(o.Model)+method, o, body)
}

// tensors adds the inputs of TensorRT-LLM's ensemble.
func tensors(body map[string]any, p workload.Prompt, o Options) {
	body["max_tokens"], body["bad_words"], body["stop_words"] = p.MaxTokens, "", ""
	o.sampling(body, "temperature", "top_p", "top_k", "seed")
	if len(o.Stop) > 0 {
		body["stop_words"] = o.Stop
	}
	if o.IgnoreEOS {
		body["min_tokens"] = p.MaxTokens
	}
}

// parameters adds what the vLLM backend takes: sampling in an object of its own, and inputs that
// ask for further outputs.
func (t Triton) parameters(body map[string]any, p workload.Prompt, o Options) {
	sampling := map[string]any{"max_tokens": p.MaxTokens}
	o.sampling(sampling, "temperature", "top_p", "top_k", "seed")
	if len(o.Stop) > 0 {
		sampling["stop"] = o.Stop[0]
	}
	if o.IgnoreEOS {
		sampling["ignore_eos"] = true
	}
	body["parameters"] = sampling
	body["exclude_input_in_output"] = true
	body["return_finish_reason"] = true
	body["return_num_output_tokens"] = o.Usage != UsageNone
}

// tritonPath is that of a model, or of a version of it: "NAME/versions/N".
func tritonPath(model string) string {
	name, version, versioned := strings.Cut(model, "/versions/")
	path := "/v2/models/" + url.PathEscape(name)
	if versioned {
		path += "/versions/" + url.PathEscape(version)
	}
	return path
}

// NewDecoder implements Dialect.
func (t Triton) NewDecoder() Decoder {
	d := &triton{shape: Unmarked}
	if t.Whole {
		d.shape = Whole
	}
	if t.LLMAPI {
		d.grows = new(growing)
	}
	return d
}

// triton decodes the responses of one answer. The extension has no end mark and need not say why
// an answer ended: where HTTP's body ends in order, the answer is complete.
type triton struct {
	shape Shape
	begun bool
	run   running
	grows *growing // nil where a response has new text alone
}

// running adds up what each response counts of itself.
type running struct {
	total int
	usage Usage // the latest
}

// mostCounted bounds a count that can be true.
const mostCounted = 1 << 40

// add takes up the counts of a response. It reports false where one cannot be.
func (r *running) add(tokens counts) (*Usage, bool) {
	for _, n := range tokens {
		if n < 0 || n > mostCounted {
			return nil, false
		}
		r.total = min(r.total+n, mostCounted)
	}
	r.usage.Output = r.total
	return &r.usage, true
}

func (d *triton) Shape() Shape { return d.shape }
func (d *triton) Done() bool   { return d.begun }

// tritonOutput is one response. Outputs of one element are no arrays.
type tritonOutput struct {
	Text   *texts          `json:"text_output"`
	Finish *texts          `json:"finish_reason"`
	Tokens *counts         `json:"num_output_tokens"`
	ID     string          `json:"id"`
	Model  string          `json:"model_name"`
	Error  json.RawMessage `json:"error"`
}

// texts is a string, or an array of them.
type texts []string

func (t *texts) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		return json.Unmarshal(raw, (*[]string)(t))
	}
	*t = texts{""}
	return json.Unmarshal(raw, &(*t)[0])
}

// reason is why an answer ended, "" where it goes on: a tensor of text has no null.
func (t texts) reason() string {
	said := strings.Join(t, "")
	if said == "null" || said == "None" {
		return ""
	}
	return said
}

// counts is a number, or an array of them.
type counts []int

func (c *counts) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		return json.Unmarshal(raw, (*[]int)(c))
	}
	*c = counts{0}
	return json.Unmarshal(raw, &(*c)[0])
}

// Decode implements Decoder.
func (d *triton) Decode(payload []byte) (Delta, error) {
	var o tritonOutput
	if err := json.Unmarshal(payload, &o); err != nil {
		return Delta{}, fmt.Errorf("not a response of generate: %w: %s", err, clip(string(payload)))
	}
	if len(o.Error) > 0 && string(o.Error) != "null" {
		return Delta{}, &ServerError{errorMessage(o.Error)}
	}
	if o.Text == nil {
		return Delta{}, fmt.Errorf("not a response of generate: no text_output in %s", clip(string(payload)))
	}
	text, ok := d.grows.added(strings.Join(*o.Text, ""))
	if !ok {
		return Delta{}, fmt.Errorf("%s: %s", notGrown, clip(string(payload)))
	}
	out := Delta{ID: o.ID, Model: o.Model, Message: true, Text: text}
	if o.Finish != nil {
		out.Finish = o.Finish.reason()
	}
	if o.Tokens != nil {
		if out.Usage, ok = d.run.add(*o.Tokens); !ok {
			return Delta{}, fmt.Errorf("num_output_tokens cannot be: %s", clip(string(payload)))
		}
	}
	d.begun = true
	return out, nil
}
