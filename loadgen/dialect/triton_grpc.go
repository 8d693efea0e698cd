package dialect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/assaylab/assay/loadgen/workload"
)

// TritonGRPC is ModelStreamInfer of Triton's gRPC service, the one way to have the responses of a decoupled
// model one by one with nothing in between: one request, any number of responses, one status. Inputs are those
// of KServe, and "stream", as TensorRT-LLM's ensemble has it. The messages are those of the KServe v2 protocol;
// the numbers of their fields are below, at the functions that write and read them. With LLMAPI inputs are those
// of TensorRT-LLM's LLM API.
type TritonGRPC struct{ LLMAPI bool }

var _ Dialect = TritonGRPC{}

func (t TritonGRPC) String() string { return t.form().name }

const (
	streamInfer   = "/inference.GRPCInferenceService/ModelStreamInfer"
	wantsFinal    = "triton_enable_empty_final_response" // asks for a last response that has nothing but this:
	finalResponse = "triton_final_response"
)

// grpcForm has a header by which Triton, since 24.08, ends a call whose model failed with a status, rather than with a text
// in a response and the status OK. What is refused before it comes to a model is told by a text all the same.
var grpcForm = form{
	name: "triton gRPC ModelStreamInfer", auth: bearer,
	header: map[string]string{"Te": "trailers", "triton_grpc_error": "true"},
	owned:  []string{priorityParameter, wantsFinal},
}

// llmapiGRPC is that form for a model that lacks some of it.
var llmapiGRPC = form{
	name: grpcForm.name + " of TensorRT-LLM's LLM API", auth: bearer, header: grpcForm.header, owned: grpcForm.owned, lacks: llmapiLacks,
}

func (t TritonGRPC) form() *form {
	if t.LLMAPI {
		return &llmapiGRPC
	}
	return &grpcForm
}

// Encode implements Dialect. Members of Extra become parameters of the request.
func (t TritonGRPC) Encode(p workload.Prompt, o Options) (Call, error) {
	f := t.form()
	if err := f.check(p, o); err != nil {
		return Call{}, err
	}
	if err := isLevel(f.name, p.Priority); err != nil {
		return Call{}, err
	}
	message, err := inferRequest(o, p.Priority, t.inputs(p, o))
	if err != nil {
		return Call{}, fmt.Errorf("encode request: %w", err)
	}
	return f.wrap(streamInfer, o, typeGRPC, "", frameGRPC(message)), nil
}

func (t TritonGRPC) inputs(p workload.Prompt, o Options) []tensor {
	if t.LLMAPI {
		return llmapiInputs(p, o, true)
	}
	return append(ensemble.inputs(p, o), ensemble.scalar("stream", "BOOL", true))
}

// inferRequest is a ModelInferRequest: model_name 1, model_version 2, parameters 4, inputs 5, and the data of all inputs as
// raw_input_contents 7, in which Triton takes it over as it is. No output is asked for by name, so that all come that the model has.
func inferRequest(o Options, priority int, inputs []tensor) ([]byte, error) {
	name, version, _ := strings.Cut(o.Model, "/versions/")
	b := appendText(nil, 1, name)
	if version != "" {
		b = appendText(b, 2, version)
	}
	parameters := map[string]any{wantsFinal: true}
	maps.Copy(parameters, o.Extra)
	if priority > 0 {
		parameters[priorityParameter] = priority
	}
	for _, key := range slices.Sorted(maps.Keys(parameters)) { // the same request always gives the same bytes
		entry, err := parameter(key, parameters[key])
		if err != nil {
			return nil, err
		}
		b = appendBytes(b, 4, entry)
	}
	for _, t := range inputs {
		b = appendBytes(b, 5, t.described())
	}
	for _, t := range inputs {
		data, err := t.flat()
		if err != nil {
			return nil, err
		}
		b = appendBytes(b, 7, data)
	}
	return b, nil
}

// described is an InferInputTensor without its data: name 1, datatype 2, shape 3.
func (t tensor) described() []byte {
	var shape []byte
	for _, n := range t.Shape {
		shape = protowire.AppendVarint(shape, uint64(n))
	}
	b := appendText(nil, 1, t.Name)
	b = appendText(b, 2, t.Type)
	return appendBytes(b, 3, shape)
}

// parameter is an entry of a map of parameters: the key 1, and as 2 an InferParameter, with bool_param 1, int64_param 2,
// string_param 3 or double_param 4. A number without a fraction is whole, as it is in JSON.
func parameter(key string, value any) ([]byte, error) {
	var b []byte
	switch v := value.(type) {
	case bool:
		b = appendWhole(nil, 1, protowire.EncodeBool(v))
	case int:
		b = appendWhole(nil, 2, uint64(v))
	case int64:
		b = appendWhole(nil, 2, uint64(v))
	case string:
		b = appendText(nil, 3, v)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) <= 1<<53 {
			b = appendWhole(nil, 2, uint64(int64(v)))
		} else {
			b = protowire.AppendFixed64(protowire.AppendTag(nil, 4, protowire.Fixed64Type), math.Float64bits(v))
		}
	default:
		return nil, fmt.Errorf("extra member %q is %v, expected a text, a number or a boolean: here it is a parameter of the request", key, value)
	}
	return appendBytes(appendText(nil, 1, key), 2, b), nil
}

// frameGRPC puts gRPC's prefix before a message: 0 for one that is not compressed, and its length.
func frameGRPC(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// NewDecoder implements Dialect.
func (t TritonGRPC) NewDecoder() Decoder {
	d := new(tritonGRPC)
	if t.LLMAPI {
		d.grows = new(growing)
	}
	return d
}

// tritonGRPC decodes the responses of one answer.
type tritonGRPC struct {
	begun bool
	says  bool // the server says of responses whether they are final, as Triton does where it is asked to
	final bool // of one it has said that it is
	run   running
	grows *growing // nil where a response has new text alone
}

func (d *tritonGRPC) Shape() Shape { return Framed }
func (d *tritonGRPC) Done() bool   { return d.final || d.begun && !d.says }

// Decode implements Decoder.
func (d *tritonGRPC) Decode(payload []byte) (Delta, error) {
	var r streamResponse
	if err := r.read(payload); err != nil {
		return Delta{}, fmt.Errorf("not a response of ModelStreamInfer: %w: %s", err, hexClip(payload))
	}
	if r.failure != "" {
		return Delta{}, failure(r.failure)
	}
	out := Delta{ID: r.id, Model: r.model}
	for i := range r.outputs {
		if err := d.output(&out, &r.outputs[i], r.rawOf(i)); err != nil {
			return Delta{}, fmt.Errorf("%w: %s", err, hexClip(payload))
		}
	}
	if len(r.outputs) > 0 && !out.Message {
		return Delta{}, fmt.Errorf("not a response of ModelStreamInfer: no output %s among its %d, the first is %q", textOutput, len(r.outputs), clip(r.outputs[0].name))
	}
	d.begun, d.says, d.final = d.begun || r.answers, d.says || r.says, d.final || r.final
	return out, nil
}

// queueFull is what Triton says where it says 503 over HTTP.
const queueFull = "Exceeds maximum queue size"

// failure is the error that a response has in place of an answer.
func failure(text string) error {
	err := &ServerError{clip(raised(text))}
	if strings.Contains(text, queueFull) {
		return OverloadedError{err}
	}
	return err
}

// output adds what one output says. Others than these three are of no interest.
func (d *tritonGRPC) output(out *Delta, o *inferOutput, raw []byte) error {
	switch o.name {
	case textOutput:
		all, ok := o.texts(raw)
		if !ok {
			return fmt.Errorf("%s is no tensor of texts, its type is %q", textOutput, clip(o.kind))
		}
		if out.Text, ok = d.grows.added(strings.Join(all, "")); !ok {
			return errors.New(notGrown)
		}
		out.Message = true
	case "finish_reason":
		if all, ok := o.texts(raw); ok {
			out.Finish = all.reason()
		}
	case "num_output_tokens":
		all, ok := o.counts(raw)
		if ok {
			out.Usage, ok = d.run.add(all)
		}
		if !ok {
			return fmt.Errorf("num_output_tokens cannot be, its type is %q", clip(o.kind))
		}
	}
	return nil
}

// hexClip is the beginning of a payload that no text would show.
func hexClip(payload []byte) string { return clip(fmt.Sprintf("%x", payload[:min(len(payload), 100)])) }
