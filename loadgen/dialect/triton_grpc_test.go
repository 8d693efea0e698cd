package dialect_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/textproto"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/stream"
	"github.com/assaylab/assay/loadgen/workload"
)

// protocol is the description of the messages.
var protocol = sync.OnceValues(func() (protoreflect.FileDescriptor, error) {
	raw, err := os.ReadFile("testdata/triton-grpc/service.textproto")
	if err != nil {
		return nil, err
	}
	var described descriptorpb.FileDescriptorProto
	if err := prototext.Unmarshal(raw, &described); err != nil {
		return nil, err
	}
	return protodesc.NewFile(&described, nil)
})

// kserve returns a message of the protocol, which protobuf's own implementation reads and writes.
func kserve(t testing.TB, name string) *dynamicpb.Message {
	t.Helper()
	file, err := protocol()
	if err != nil {
		t.Fatal(err)
	}
	return dynamicpb.NewMessage(file.Messages().ByName(protoreflect.Name(name)))
}

// rpc makes the answer that a file of testdata/triton-grpc describes: a header, a message a line as protobuf writes it in JSON, and
// after an empty line the trailer. Lines may also be a remark (#), bytes (hex) or the first bytes of a message's frame (cut N).
func rpc(t testing.TB, name string, file []byte) (raw []byte, trailer http.Header) {
	t.Helper()
	head, rest, _ := bytes.Cut(file, []byte("\n\n"))
	raw = append(slices.Clone(head), "\n\n"...)
	for lines := bufio.NewReader(bytes.NewReader(rest)); ; {
		line, err := lines.ReadString('\n')
		if line = strings.TrimSuffix(line, "\n"); err != nil || line == "" {
			fields, _ := textproto.NewReader(lines).ReadMIMEHeader()
			return raw, http.Header(fields)
		}
		frame, err := frameOf(t, line)
		if err != nil {
			t.Fatalf("%s: %.60s: %v", name, line, err)
		}
		raw = append(raw, frame...)
	}
}

func frameOf(t testing.TB, line string) ([]byte, error) {
	if strings.HasPrefix(line, "#") {
		return nil, nil
	}
	if digits, ok := strings.CutPrefix(line, "hex "); ok {
		return hex.DecodeString(digits)
	}
	if rest, ok := strings.CutPrefix(line, "cut "); ok {
		number, rest, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(number)
		if err != nil {
			return nil, err
		}
		frame, err := frameOf(t, rest)
		return frame[:min(n, len(frame))], err
	}
	m := kserve(t, "ModelStreamInferResponse")
	if err := protojson.Unmarshal([]byte(line), m); err != nil {
		return nil, err
	}
	message, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...), err
}

// What is sent is what protobuf's own implementation reads: fields that it knows alone, with the values that were asked for.
func TestEncodeGRPC(t *testing.T) {
	seed := uint64(9)
	prompt := workload.Prompt{Text: "Hi é", MaxTokens: 7}
	for _, tc := range []struct {
		name       string
		options    dialect.Options
		model      string // and its version
		parameters string
		inputs     []string
	}{
		{"greedy", dialect.Options{Model: "m"}, "m ", "triton_enable_empty_final_response:{bool_param:true}", []string{
			`text_input BYTES [1 1] "\x05\x00\x00\x00Hi é"`, `max_tokens INT32 [1 1] "\a\x00\x00\x00"`, `temperature FP32 [1 1] "\x00\x00\x00\x00"`, `stream BOOL [1 1] "\x01"`}},
		{"all", dialect.Options{Model: "m/versions/2", Temperature: 0.5, TopP: 0.25, TopK: 3, Seed: &seed, IgnoreEOS: true, Stop: []string{"#"},
			Extra: map[string]any{"a": int64(-2), "b": "x", "c": 0.5, "d": 4.0, "e": false}},
			"m 2", "a:{int64_param:-2} b:{string_param:x} c:{double_param:0.5} d:{int64_param:4} e:{bool_param:false} triton_enable_empty_final_response:{bool_param:true}", []string{
				`text_input BYTES [1 1] "\x05\x00\x00\x00Hi é"`, `max_tokens INT32 [1 1] "\a\x00\x00\x00"`, `temperature FP32 [1 1] "\x00\x00\x00?"`,
				`top_p FP32 [1 1] "\x00\x00\x80>"`, `top_k INT32 [1 1] "\x03\x00\x00\x00"`, `seed UINT64 [1 1] "\t\x00\x00\x00\x00\x00\x00\x00"`,
				`min_tokens INT32 [1 1] "\a\x00\x00\x00"`, `stop_words BYTES [1 1] "\x01\x00\x00\x00#"`, `stream BOOL [1 1] "\x01"`}},
		{"left to the server", dialect.Options{Model: "m", ServerSampling: true}, "m ", "triton_enable_empty_final_response:{bool_param:true}", []string{
			`text_input BYTES [1 1] "\x05\x00\x00\x00Hi é"`, `max_tokens INT32 [1 1] "\a\x00\x00\x00"`, `stream BOOL [1 1] "\x01"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			call, err := dialect.TritonGRPC{}.Encode(prompt, tc.options)
			if err != nil {
				t.Fatal(err)
			}
			if n := binary.BigEndian.Uint32(call.Body[1:5]); call.Body[0] != 0 || int(n) != len(call.Body)-5 {
				t.Errorf("prefix %x before %d bytes", call.Body[:5], len(call.Body)-5)
			}
			m := kserve(t, "ModelInferRequest")
			if err := proto.Unmarshal(call.Body[5:], m); err != nil {
				t.Fatal(err)
			}
			model, parameters, inputs := requestOf(t, m)
			if model != tc.model || parameters != tc.parameters || !slices.Equal(inputs, tc.inputs) {
				t.Errorf("model %q, parameters %s, inputs\n%s", model, parameters, strings.Join(inputs, "\n"))
			}
			if call.Path != "/inference.GRPCInferenceService/ModelStreamInfer" || call.Header.Get("Content-Type") != "application/grpc" || call.Header.Get("Te") != "trailers" {
				t.Errorf("%s %v", call.Path, call.Header)
			}
		})
	}
}

// A priority is a level of the model's, a parameter of the request; 0 is not sent.
func TestEncodeGRPCPriority(t *testing.T) {
	call, err := dialect.TritonGRPC{}.Encode(workload.Prompt{Text: "x", MaxTokens: 1, Priority: 3}, dialect.Options{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	m := kserve(t, "ModelInferRequest")
	if err := proto.Unmarshal(call.Body[5:], m); err != nil {
		t.Fatal(err)
	}
	if _, parameters, _ := requestOf(t, m); parameters != "priority:{int64_param:3} triton_enable_empty_final_response:{bool_param:true}" {
		t.Error(parameters)
	}
}

// requestOf prints what protobuf's own implementation has read.
func requestOf(t *testing.T, m *dynamicpb.Message) (model, parameters string, inputs []string) {
	t.Helper()
	of := func(m protoreflect.Message, name string) protoreflect.Value {
		return m.Get(m.Descriptor().Fields().ByName(protoreflect.Name(name)))
	}
	if len(m.GetUnknown()) > 0 || of(m, "outputs").List().Len() > 0 {
		t.Errorf("unknown fields %x, %d outputs asked for", m.GetUnknown(), of(m, "outputs").List().Len())
	}
	var all []string
	of(m, "parameters").Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
		value.Message().Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			all = append(all, fmt.Sprintf("%s:{%s:%v}", key, field.Name(), v))
			return true
		})
		return true
	})
	slices.Sort(all)
	raws, tensors := of(m, "raw_input_contents").List(), of(m, "inputs").List()
	if raws.Len() != tensors.Len() {
		t.Fatalf("%d raw contents of %d inputs", raws.Len(), tensors.Len())
	}
	for i := range tensors.Len() {
		tensor := tensors.Get(i).Message()
		var shape []int64
		for j := range of(tensor, "shape").List().Len() {
			shape = append(shape, of(tensor, "shape").List().Get(j).Int())
		}
		inputs = append(inputs, fmt.Sprintf("%s %s %v %q", of(tensor, "name"), of(tensor, "datatype"), shape, raws.Get(i).Bytes()))
	}
	return fmt.Sprintf("%s %s", of(m, "model_name"), of(m, "model_version")), strings.Join(all, " "), inputs
}

// What no request can have is refused by name.
func TestEncodeGRPCRefuses(t *testing.T) {
	for want, o := range map[string]dialect.Options{
		`extra member "a" is [1], expected a text, a number or a boolean`:        {Model: "m", Extra: map[string]any{"a": []int{1}}},
		`extra member "triton_enable_empty_final_response": set by the load`:     {Model: "m", Extra: map[string]any{"triton_enable_empty_final_response": false}},
		"top_k is 4294967297, expected a number of 32 bits":                      {Model: "m", TopK: 1<<32 + 1},
		"priority cannot be sent to triton gRPC ModelStreamInfer: levels are 1 ": {Model: "priority"},
		`extra member "priority": set by the load`:                               {Model: "m", Extra: map[string]any{"priority": 1}},
	} {
		p := workload.Prompt{Text: "x", MaxTokens: 1}
		if o.Model == "priority" {
			p.Priority = -1
		}
		if _, err := (dialect.TritonGRPC{}).Encode(p, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	kind, _ := dialect.Named("triton-grpc")
	if err := kind.CheckBase("/v2"); err == nil || !strings.Contains(err.Error(), "expected none") || kind.CheckBase("/") != nil || kind.CheckBase("") != nil {
		t.Errorf("a URL with a path: %v", err)
	}
}

func TestReadStatus(t *testing.T) {
	of := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	for _, tc := range []struct {
		name            string
		header, trailer http.Header
		want            string // "" for none
		ok, overloaded  bool
	}{
		{"none", of("Content-Type", "application/grpc"), nil, "", false, false},
		{"trailer", nil, of("Grpc-Status", "0"), "OK", true, false},
		{"header alone", of("Grpc-Status", "14", "Grpc-Message", "queue%20is full"), nil, "UNAVAILABLE: queue is full", false, true},
		{"trailer before header", of("Grpc-Status", "0"), of("Grpc-Status", "8"), "RESOURCE_EXHAUSTED", false, true},
		{"not escaped", nil, of("Grpc-Status", "13", "Grpc-Message", "100 % é"), "INTERNAL: 100 % é", false, false},
		{"of tomorrow", nil, of("Grpc-Status", "17"), "status 17", false, false},
		{"no number", nil, of("Grpc-Status", "-1"), `UNKNOWN: status "-1"`, false, false},
	} {
		got, told := dialect.ReadStatus(tc.header, tc.trailer)
		if told != (tc.want != "") || told && got.String() != tc.want || told && got.OK() != tc.ok || got.Overloaded() != tc.overloaded {
			t.Errorf("%s: %s %v", tc.name, got, told)
		}
	}
}

// Any bytes as a response: nothing panics, nothing comes along with an error, and what protobuf's own implementation
// reads as well is read alike.
func FuzzTritonGRPC(f *testing.F) {
	for _, fixture := range fixtures(f) {
		if stream.Framed(fixture.kind.Dialect) {
			for _, payload := range fixture.payloads(fixture.body()) {
				f.Add([]byte(payload))
			}
		}
	}
	empty := kserve(f, "ModelStreamInferResponse")
	f.Fuzz(func(t *testing.T, payload []byte) {
		if more, err := (dialect.TritonGRPC{LLMAPI: true}).NewDecoder().Decode(slices.Clone(payload)); len(more.Text) > len(payload) || err != nil && more != (dialect.Delta{}) {
			t.Fatalf("%+v of %d bytes, %v", more, len(payload), err)
		}
		d := dialect.TritonGRPC{}.NewDecoder()
		delta, err := d.Decode(slices.Clone(payload))
		if err != nil {
			if delta != (dialect.Delta{}) || d.Done() || len(err.Error()) > 600 {
				t.Fatalf("%+v and done %v came with %v", delta, d.Done(), err)
			}
			return
		}
		if delta.Usage != nil && delta.Usage.Output < 0 || len(delta.Text) > len(payload) {
			t.Fatalf("%+v of %d bytes", delta, len(payload))
		}
		m := proto.Clone(empty).ProtoReflect()
		if proto.Unmarshal(payload, m.Interface()) != nil {
			return // such as a text that is not UTF-8, which is passed over here
		}
		compareReply(t, m, delta, d.Done())
	})
}

func compareReply(t *testing.T, m protoreflect.Message, delta dialect.Delta, done bool) {
	t.Helper()
	of := func(m protoreflect.Message, name string) protoreflect.Value {
		return m.Get(m.Descriptor().Fields().ByName(protoreflect.Name(name)))
	}
	r := of(m, "infer_response").Message()
	if of(m, "error_message").String() != "" || delta.Model != of(r, "model_name").String() || delta.ID != of(r, "id").String() {
		t.Fatalf("%+v of %v", delta, m)
	}
	text, outputs, raws := "", of(r, "outputs").List(), of(r, "raw_output_contents").List()
	for i := range outputs.Len() {
		tensor := outputs.Get(i).Message()
		if of(tensor, "name").String() != "text_output" {
			continue
		}
		text = ""
		if i < raws.Len() {
			for b := raws.Get(i).Bytes(); len(b) > 0; {
				n := 4 + binary.LittleEndian.Uint32(b)
				text, b = text+string(b[4:n]), b[n:]
			}
			continue
		}
		contents := of(of(tensor, "contents").Message(), "bytes_contents").List()
		for j := range contents.Len() {
			text += string(contents.Get(j).Bytes())
		}
	}
	if text != delta.Text {
		t.Fatalf("text %q, protobuf's own implementation has %q", delta.Text, text)
	}
	if last := of(r, "parameters").Map().Get(protoreflect.ValueOfString("triton_final_response").MapKey()); last.IsValid() {
		p := last.Message()
		if which := p.WhichOneof(p.Descriptor().Oneofs().Get(0)); which != nil && which.Name() == "bool_param" && p.Get(which).Bool() != done {
			t.Fatalf("done %v, protobuf's own implementation has %v", done, p.Get(which))
		}
	}
}
