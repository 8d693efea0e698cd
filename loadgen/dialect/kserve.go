package dialect

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/loadgen/workload"
)

// KServe is the infer request of the KServe v2 protocol over HTTP, as Triton serves it: every
// input is a tensor with its type, and the answer comes whole. Inputs have the names of
// TensorRT-LLM's ensemble.
type KServe struct{}

var _ Dialect = KServe{}

func (KServe) String() string { return kserveForm.name }
func (KServe) form() *form    { return &kserveForm }

var kserveForm = form{
	name: "kserve v2 infer", auth: bearer, whole: true,
	owned: []string{"id", "inputs", "outputs", "parameters"},
}

// tensor is an input of one element for a batch of one request.
type tensor struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
	Type  string `json:"datatype"`
	Data  []any  `json:"data"`
}

// layout is how a model names the inputs that say how to sample, and which shape inputs have.
type layout struct {
	prefix, stop string
	shape        []int // of one element
}

// ensemble is TensorRT-LLM's: its inputs are of a batch, here of one request.
var ensemble = layout{stop: "stop_words", shape: []int{1, 1}}

func (l layout) scalar(name, kind string, value any) tensor {
	return tensor{name, l.shape, kind, []any{value}}
}

// Encode implements Dialect.
func (KServe) Encode(p workload.Prompt, o Options) (Call, error) {
	if err := kserveForm.check(p, o); err != nil {
		return Call{}, err
	}
	if err := isLevel(kserveForm.name, p.Priority); err != nil {
		return Call{}, err
	}
	body := map[string]any{"inputs": ensemble.inputs(p, o), "outputs": []map[string]string{{"name": textOutput}}}
	if p.Priority > 0 {
		body["parameters"] = map[string]int{priorityParameter: p.Priority}
	}
	return kserveForm.call(tritonPath(o.Model)+"/infer", o, body)
}

// priorityParameter of a request is a level of the model's priority_levels.
const priorityParameter = "priority"

// isLevel refuses a priority that is none of Triton's levels, of which 0 is the model's default.
func isLevel(form string, priority int) error {
	if priority < 0 {
		return &UnsupportedError{form, "priority", fmt.Sprintf("levels are 1 and more, and it is %d", priority)}
	}
	return nil
}

const textOutput = "text_output"

// inputs are the prompt, the length, and what o says of sampling.
func (l layout) inputs(p workload.Prompt, o Options) []tensor {
	all := []tensor{l.scalar("text_input", "BYTES", p.Text)}
	sampling := func(name, kind string, value any) { all = append(all, l.scalar(l.prefix+name, kind, value)) }
	sampling("max_tokens", "INT32", p.MaxTokens)
	if !o.ServerSampling {
		sampling("temperature", "FP32", o.Temperature)
	}
	if o.TopP != 0 {
		sampling("top_p", "FP32", o.TopP)
	}
	if o.TopK != 0 {
		sampling("top_k", "INT32", o.TopK)
	}
	if o.Seed != nil {
		sampling("seed", "UINT64", *o.Seed)
	}
	if o.IgnoreEOS {
		sampling("min_tokens", "INT32", p.MaxTokens)
	}
	if len(o.Stop) > 0 {
		all = append(all, l.texts(l.stop, o.Stop))
	}
	return all
}

// texts is an input of several.
func (l layout) texts(name string, all []string) tensor {
	t := tensor{name, slices.Clone(l.shape), "BYTES", nil}
	t.Shape[len(t.Shape)-1] = len(all)
	for _, s := range all {
		t.Data = append(t.Data, s)
	}
	return t
}

// NewDecoder implements Dialect.
func (KServe) NewDecoder() Decoder { return new(kserve) }

// kserve decodes one answer.
type kserve struct{ done bool }

func (d *kserve) Shape() Shape { return Whole }
func (d *kserve) Done() bool   { return d.done }

// inferred is the answer of infer.
type inferred struct {
	ID      string `json:"id"`
	Model   string `json:"model_name"`
	Outputs []struct {
		Name string            `json:"name"`
		Type string            `json:"datatype"`
		Data []json.RawMessage `json:"data"`
	} `json:"outputs"`
	Error json.RawMessage `json:"error"`
}

// Decode implements Decoder.
func (d *kserve) Decode(payload []byte) (Delta, error) {
	var a inferred
	if err := json.Unmarshal(payload, &a); err != nil {
		return Delta{}, fmt.Errorf("not an answer of infer: %w: %s", err, clip(string(payload)))
	}
	if len(a.Error) > 0 && string(a.Error) != "null" {
		return Delta{}, &ServerError{errorMessage(a.Error)}
	}
	for _, o := range a.Outputs {
		if o.Name != textOutput {
			continue
		}
		text, err := joined(o.Data)
		if err != nil {
			return Delta{}, fmt.Errorf("%s is no tensor of texts: %s", textOutput, clip(string(payload)))
		}
		d.done = true
		return Delta{ID: a.ID, Model: a.Model, Message: true, Text: text}, nil
	}
	return Delta{}, fmt.Errorf("not an answer of infer: no output %s in %s", textOutput, clip(string(payload)))
}

// joined are the texts of a tensor as one.
func joined(data []json.RawMessage) (string, error) {
	var b strings.Builder
	for _, raw := range data {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}
