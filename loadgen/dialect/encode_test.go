package dialect

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/assaylab/assay/loadgen/corpus"
	"github.com/assaylab/assay/loadgen/workload"
)

// recordedChat is a chat as corpora have them, asked by a team.
var recordedChat = workload.Prompt{
	Text: "Be brief.\n\nHi.", MaxTokens: 7, Team: "ops",
	Messages: []corpus.Message{{Role: "system", Content: "Be brief."}, {Role: "user", Content: "Hi."}, {Role: "assistant", Content: "Yes?"}, {Role: "user", Content: "Go on."}},
}

func TestEncodeEveryDialect(t *testing.T) {
	seed := uint64(9)
	for _, tc := range []struct {
		kind, path string
		prompt     workload.Prompt
		options    Options
		body       string
		key        string // the header that has it
	}{
		{"openai-chat", "/v1/chat/completions", prompt, Options{Seed: &seed, Stop: []string{"##"}},
			`{"max_completion_tokens":7,"messages":[{"role":"user","content":"func \"main\"\n"}],"model":"m","seed":9,"stop":["##"],"stream":true,"stream_options":{"include_usage":true},"temperature":0}`,
			"Authorization: Bearer k-secret"},
		{"openai-responses", "/v1/responses", recordedChat, Options{ServerSampling: true, Extra: map[string]any{"reasoning": map[string]any{"effort": "low"}}},
			`{"input":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi."},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Go on."}],"max_output_tokens":7,"model":"m","reasoning":{"effort":"low"},"store":false,"stream":true,"user":"ops"}`,
			"Authorization: Bearer k-secret"},
		{"anthropic", "/v1/messages", recordedChat, Options{Temperature: 0.5, TopP: 0.9, TopK: 40, Stop: []string{"##"}},
			`{"max_tokens":7,"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Go on."}],"metadata":{"user_id":"ops"},"model":"m","stop_sequences":["##"],"stream":true,"system":"Be brief.","temperature":0.5,"top_k":40,"top_p":0.9}`,
			"X-Api-Key: k-secret"},
		{"gemini", "/v1beta/models/m:streamGenerateContent?alt=sse", recordedChat, Options{Seed: &seed, Stop: []string{"##"}, Extra: map[string]any{"generationConfig": map[string]any{"thinkingConfig": map[string]any{"thinkingBudget": 0}}}},
			`{"contents":[{"role":"user","parts":[{"text":"Hi."}]},{"role":"model","parts":[{"text":"Yes?"}]},{"role":"user","parts":[{"text":"Go on."}]}],"generationConfig":{"candidateCount":1,"maxOutputTokens":7,"seed":9,"stopSequences":["##"],"temperature":0,"thinkingConfig":{"thinkingBudget":0}},"systemInstruction":{"parts":[{"text":"Be brief."}]}}`,
			"X-Goog-Api-Key: k-secret"},
		{"gemini-whole", "/v1beta/models/m:generateContent", prompt, Options{}, `{"contents":[{"role":"user","parts":[{"text":"func \"main\"\n"}]}],"generationConfig":{"candidateCount":1,"maxOutputTokens":7,"temperature":0}}`,
			"X-Goog-Api-Key: k-secret"},
		{"vertex", "/publishers/google/models/m:streamGenerateContent?alt=sse", prompt, Options{}, `{"contents":[{"role":"user","parts":[{"text":"func \"main\"\n"}]}],"generationConfig":{"candidateCount":1,"maxOutputTokens":7,"temperature":0}}`,
			"Authorization: Bearer k-secret"},
		{"triton-stream", "/v2/models/m/generate_stream", prompt, Options{IgnoreEOS: true, Seed: &seed, Stop: []string{"##"}},
			`{"bad_words":"","max_tokens":7,"min_tokens":7,"seed":9,"stop_words":["##"],"stream":true,"temperature":0,"text_input":"func \"main\"\n"}`, "Authorization: Bearer k-secret"},
		{"triton", "/v2/models/m/generate", prompt, Options{}, `{"bad_words":"","max_tokens":7,"stop_words":"","stream":false,"temperature":0,"text_input":"func \"main\"\n"}`, "Authorization: Bearer k-secret"},
		{"triton-vllm-stream", "/v2/models/m/generate_stream", prompt, Options{IgnoreEOS: true, TopK: 3, Stop: []string{"##"}},
			`{"exclude_input_in_output":true,"parameters":{"ignore_eos":true,"max_tokens":7,"stop":"##","temperature":0,"top_k":3},"return_finish_reason":true,"return_num_output_tokens":true,"stream":true,"text_input":"func \"main\"\n"}`,
			"Authorization: Bearer k-secret"},
		{"triton-llmapi-stream", "/v2/models/m/generate_stream", prompt, Options{Temperature: 0.5, TopP: 0.9, TopK: 3, Seed: &seed, Stop: []string{"##"}, Extra: map[string]any{"sampling_param_frequency_penalty": 0.1}},
			`{"return_finish_reason":true,"sampling_param_exclude_input_from_output":true,"sampling_param_frequency_penalty":0.1,"sampling_param_max_tokens":7,"sampling_param_seed":9,"sampling_param_stop":["##"],"sampling_param_temperature":0.5,"sampling_param_top_k":3,"sampling_param_top_p":0.9,"streaming":true,"text_input":"func \"main\"\n"}`,
			"Authorization: Bearer k-secret"},
		{"triton-llmapi", "/v2/models/m/generate", prompt, Options{ServerSampling: true},
			`{"return_finish_reason":true,"sampling_param_exclude_input_from_output":true,"sampling_param_max_tokens":7,"streaming":false,"text_input":"func \"main\"\n"}`, "Authorization: Bearer k-secret"},
		{"kserve", "/v2/models/m/infer", workload.Prompt{Text: "x", MaxTokens: 7, Priority: 2}, Options{},
			`{"inputs":[{"name":"text_input","shape":[1,1],"datatype":"BYTES","data":["x"]},{"name":"max_tokens","shape":[1,1],"datatype":"INT32","data":[7]},{"name":"temperature","shape":[1,1],"datatype":"FP32","data":[0]}],"outputs":[{"name":"text_output"}],"parameters":{"priority":2}}`,
			"Authorization: Bearer k-secret"},
		{"kserve", "/v2/models/m/infer", prompt, Options{IgnoreEOS: true, Stop: []string{"#", "##"}},
			`{"inputs":[{"name":"text_input","shape":[1,1],"datatype":"BYTES","data":["func \"main\"\n"]},{"name":"max_tokens","shape":[1,1],"datatype":"INT32","data":[7]},{"name":"temperature","shape":[1,1],"datatype":"FP32","data":[0]},{"name":"min_tokens","shape":[1,1],"datatype":"INT32","data":[7]},{"name":"stop_words","shape":[1,2],"datatype":"BYTES","data":["#","##"]}],"outputs":[{"name":"text_output"}]}`,
			"Authorization: Bearer k-secret"},
	} {
		t.Run(tc.kind, func(t *testing.T) {
			kind, _ := Named(tc.kind)
			tc.options.Model = "m"
			tc.options.Key, _ = NewKey("k-secret")
			call, err := kind.Dialect.Encode(tc.prompt, tc.options)
			if err != nil {
				t.Fatal(err)
			}
			if call.Path != tc.path || string(call.Body) != tc.body {
				t.Errorf("%s\ngot  %s\nwant %s", call.Path, call.Body, tc.body)
			}
			if strings.Contains(fmt.Sprint(call.Header), "secret") {
				t.Error("the key is where it can be printed")
			}
			header := call.Header.Clone()
			call.Auth.Sign(header)
			name, value, _ := strings.Cut(tc.key, ": ")
			if got := header.Get(name); got != value {
				t.Errorf("%s: %q, want %q", name, got, value)
			}
			for name := range header {
				if name != http.CanonicalHeaderKey(name) {
					t.Errorf("header %s is not canonical", name)
				}
			}
			if shape, accept := kind.Dialect.NewDecoder().Shape(), header.Get("Accept"); (shape == Whole) != (accept == "application/json") {
				t.Errorf("shape %v, accepts %s", shape, accept)
			}
			if tc.kind == "anthropic" && header.Get("anthropic-version") != "2023-06-01" {
				t.Error("no version of the API")
			}
		})
	}
}

// Anthropic's newer version refuses a temperature, and is asked where none is sent.
func TestVersionsOfAnthropic(t *testing.T) {
	key, _ := NewKey("k-secret")
	call, err := Messages{}.Encode(prompt, Options{Model: "m", ServerSampling: true, Key: key})
	if err != nil || string(call.Body) != `{"max_tokens":7,"messages":[{"role":"user","content":"func \"main\"\n"}],"model":"m","stream":true}` || call.Header.Get("Anthropic-Version") != "2026-10-21" {
		t.Errorf("%v %s %v", call.Header, call.Body, err)
	}
	call.Auth.Sign(call.Header)
	if call.Header.Get("Authorization") != "Bearer k-secret" || call.Header.Get("X-Api-Key") != "" {
		t.Errorf("signed %v", call.Header)
	}
}

// Names of models become parts of paths, and nothing else.
func TestModelsInPaths(t *testing.T) {
	for _, tc := range []struct {
		dialect     Dialect
		model, path string
	}{
		{Gemini{}, "models/a b", "/v1beta/models/a%20b:streamGenerateContent?alt=sse"},
		{Gemini{}, "tunedModels/x", "/v1beta/tunedModels/x:streamGenerateContent?alt=sse"},
		{Gemini{}, "x?key=y#z", "/v1beta/models/x%3Fkey=y%23z:streamGenerateContent?alt=sse"},
		{Gemini{Vertex: true, Whole: true}, "publishers/google/models/x", "/publishers/google/models/x:generateContent"},
		{Triton{Whole: true}, "ensemble/versions/2", "/v2/models/ensemble/versions/2/generate"},
		{KServe{}, "a/../b", "/v2/models/a%2F..%2Fb/infer"},
	} {
		call, err := tc.dialect.Encode(prompt, Options{Model: tc.model})
		if err != nil || call.Path != tc.path {
			t.Errorf("%s: %q, %v, want %q", tc.model, call.Path, err, tc.path)
		}
	}
}

// What an API cannot be asked for is refused by name, and what it can be is sent.
func TestUnsupported(t *testing.T) {
	seed := uint64(1)
	type ask struct {
		option string
		o      Options
		p      workload.Prompt
	}
	asks := []ask{
		{"ignore_eos", Options{IgnoreEOS: true}, prompt}, {"seed", Options{Seed: &seed}, prompt}, {"top_k", Options{TopK: 4}, prompt},
		{"stop", Options{Stop: []string{"x"}}, prompt}, {"stop", Options{Stop: []string{"1", "2", "3", "4", "5", "6"}}, prompt},
		{"priority", Options{}, workload.Prompt{MaxTokens: 1, Priority: 2}}, {"temperature", Options{Temperature: 1.5}, prompt}, {"temperature", Options{Temperature: 3}, prompt},
	}
	// In the order of asks: y where it is sent.
	for name, want := range map[string]string{
		"chat": "yyyyyyyy", "completions": "yyyyyyyy", "openai-chat": "nynynnyn", "openai-responses": "nnnnnnyn", "anthropic": "nnyyynnn",
		"gemini": "nyyynnyn", "gemini-whole": "nyyynnyn", "vertex": "nyyynnyn", "vertex-whole": "nyyynnyn",
		"triton-stream": "yyyyynyy", "triton": "yyyyynyy", "triton-vllm-stream": "yyyynnyy", "triton-vllm": "yyyynnyy", "kserve": "yyyyyyyy", "triton-grpc": "yyyyyyyy",
		"triton-llmapi-stream": "nyyyynyy", "triton-llmapi": "nyyyynyy", "triton-llmapi-grpc": "nyyyynyy",
	} {
		kind, ok := Named(name)
		if !ok {
			t.Fatalf("no dialect %s", name)
		}
		for i, a := range asks {
			a.o.Model = "m"
			_, err := kind.Dialect.Encode(a.p, a.o)
			var u *UnsupportedError
			if refused := errors.As(err, &u); refused != (want[i] == 'n') || refused && (u.Option != a.option || u.Reason == "") || !refused && err != nil {
				t.Errorf("%s, %s: %v", name, a.option, err)
			}
		}
	}
	if len(Kinds()) != 18 {
		t.Errorf("%d dialects, and 18 are tested here", len(Kinds()))
	}
}

func TestOptionsThatContradict(t *testing.T) {
	for want, o := range map[string]Options{
		"left to the server":      {Model: "m", ServerSampling: true, Temperature: 1},
		"stop has an empty text":  {Model: "m", Stop: []string{"a", ""}},
		`"generationConfig.topP"`: {Model: "m", TopP: .5, Extra: map[string]any{"generationConfig": map[string]any{"topP": 1}}},
		"expected an object":      {Model: "m", Extra: map[string]any{"generationConfig": 3}},
		`extra member "contents"`: {Model: "m", Extra: map[string]any{"contents": nil}},
	} {
		if _, err := (Gemini{}).Encode(prompt, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The same request always gives the same bytes, and changes nothing that it was given.
func TestEncodeIsPure(t *testing.T) {
	for _, k := range Kinds() {
		extra := map[string]any{"metadata2": 1}
		o := Options{Model: "m", Extra: extra, Header: http.Header{"X": {"y"}}}
		a, errA := k.Dialect.Encode(recordedChat, o)
		b, errB := k.Dialect.Encode(recordedChat, o)
		if errA != nil || errB != nil || !reflect.DeepEqual(a, b) || len(extra) != 1 || len(o.Header) != 1 || a.Header.Get("X") != "y" {
			t.Errorf("%s: %v %v", k.Name, errA, errB)
		}
		framed, member := k.Dialect.NewDecoder().Shape() == Framed, `"metadata2":1`
		if framed {
			member = "\n\tmetadata2\x12\x02\x10\x01"
		}
		if json.Valid(a.Body) == framed || !strings.HasPrefix(a.Path, "/") || !strings.Contains(string(a.Body), member) {
			t.Errorf("%s: %s %s", k.Name, a.Path, a.Body)
		}
	}
}
