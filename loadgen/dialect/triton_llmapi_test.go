package dialect_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/workload"
)

// Over gRPC the LLM API's inputs have the types and the shapes of the published config.pbtxt, which has no batches.
func TestEncodeLLMAPI(t *testing.T) {
	seed := uint64(9)
	o := dialect.Options{Model: "tensorrt_llm", Temperature: 0.5, TopP: 0.25, TopK: 3, Seed: &seed, Stop: []string{"#", "##"}}
	call, err := dialect.TritonGRPC{LLMAPI: true}.Encode(workload.Prompt{Text: "Hi", MaxTokens: 7}, o)
	if err != nil {
		t.Fatal(err)
	}
	m := kserve(t, "ModelInferRequest")
	if err := proto.Unmarshal(call.Body[5:], m); err != nil {
		t.Fatal(err)
	}
	model, _, inputs := requestOf(t, m)
	want := []string{
		`text_input BYTES [1] "\x02\x00\x00\x00Hi"`, `sampling_param_max_tokens INT32 [1] "\a\x00\x00\x00"`, `sampling_param_temperature FP32 [1] "\x00\x00\x00?"`,
		`sampling_param_top_p FP32 [1] "\x00\x00\x80>"`, `sampling_param_top_k INT32 [1] "\x03\x00\x00\x00"`, `sampling_param_seed UINT64 [1] "\t\x00\x00\x00\x00\x00\x00\x00"`,
		`sampling_param_stop BYTES [2] "\x01\x00\x00\x00#\x02\x00\x00\x00##"`, `sampling_param_exclude_input_from_output BOOL [1] "\x01"`,
		`return_finish_reason BOOL [1] "\x01"`, `streaming BOOL [1] "\x01"`,
	}
	if model != "tensorrt_llm " || !slices.Equal(inputs, want) {
		t.Errorf("model %q, inputs\n%s", model, strings.Join(inputs, "\n"))
	}
}

// What the dialect sets cannot be set otherwise, a request cannot be cancelled by itself, and forced lengths are refused by name.
func TestLLMAPIRefuses(t *testing.T) {
	for want, o := range map[string]dialect.Options{
		`extra member "stop": set by the load`:                       {Extra: map[string]any{"stop": true}},
		`extra member "sampling_param_max_tokens": set by the load`:  {Extra: map[string]any{"sampling_param_max_tokens": 3}},
		"ignore_eos cannot be sent to triton generate_stream of Ten": {IgnoreEOS: true},
	} {
		o.Model = "m"
		if _, err := (dialect.Triton{LLMAPI: true}).Encode(workload.Prompt{Text: "x", MaxTokens: 1}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
