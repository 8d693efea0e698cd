package dialect

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/assaylab/assay/loadgen/corpus"
	"github.com/assaylab/assay/loadgen/workload"
)

var prompt = workload.Prompt{Text: "func \"main\"\n", Tokens: []int32{1, 2, 3}, MaxTokens: 7}

func TestEncode(t *testing.T) {
	seed := uint64(1<<64 - 1)
	for _, tc := range []struct {
		name    string
		dialect Dialect
		options Options
		path    string
		body    string
	}{
		{
			"completions", Completions{}, Options{Model: "m"}, "/v1/completions",
			`{"max_tokens":7,"model":"m","prompt":"func \"main\"\n","stream":true,"stream_options":{"continuous_usage_stats":true,"include_usage":true},"temperature":0}`,
		},
		{
			"chat", Chat{}, Options{Model: "m", Usage: UsageFinal}, "/v1/chat/completions",
			`{"max_tokens":7,"messages":[{"role":"user","content":"func \"main\"\n"}],"model":"m","stream":true,"stream_options":{"include_usage":true},"temperature":0}`,
		},
		{
			"chat with system", Chat{System: "be brief"}, Options{Model: "m", Usage: UsageNone}, "/v1/chat/completions",
			`{"max_tokens":7,"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"func \"main\"\n"}],"model":"m","stream":true,"temperature":0}`,
		},
		{
			"all options", Completions{},
			Options{Model: "m", Temperature: 0.5, TopP: 0.9, TopK: 40, Seed: &seed, IgnoreEOS: true, Usage: UsageNone, Extra: map[string]any{"min_p": 0.1}},
			"/v1/completions",
			`{"ignore_eos":true,"max_tokens":7,"min_p":0.1,"model":"m","prompt":"func \"main\"\n","seed":18446744073709551615,"stream":true,"temperature":0.5,"top_k":40,"top_p":0.9}`,
		},
		{
			"priority and team", Completions{}, Options{Model: "m", Usage: UsageNone}, "/v1/completions",
			`{"max_tokens":7,"model":"m","priority":-3,"prompt":"func \"main\"\n","stream":true,"temperature":0,"user":"ops"}`,
		},
		{
			"recorded chat", Chat{System: "be brief"}, Options{Model: "m", Usage: UsageNone}, "/v1/chat/completions",
			`{"max_tokens":7,"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}],"model":"m","stream":true,"temperature":0}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			prompt := prompt
			switch tc.name {
			case "priority and team":
				prompt.Priority, prompt.Team = -3, "ops"
			case "recorded chat":
				prompt.Messages = []corpus.Message{{Role: "user", Content: "a"}, {Role: "assistant", Content: "b"}, {Role: "user", Content: "c"}}
			}
			tc.options.Header = http.Header{"Authorization": {"Bearer x"}}
			call, err := tc.dialect.Encode(prompt, tc.options)
			if err != nil {
				t.Fatal(err)
			}
			if call.Path != tc.path || string(call.Body) != tc.body {
				t.Errorf("%s\ngot  %s\nwant %s", call.Path, call.Body, tc.body)
			}
			want := http.Header{"Authorization": {"Bearer x"}, "Content-Type": {"application/json"}, "Accept": {"text/event-stream"}}
			if !reflect.DeepEqual(call.Header, want) {
				t.Errorf("header %v", call.Header)
			}
			if len(tc.options.Header) != 1 {
				t.Error("the caller's header was changed")
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, tc := range []struct {
		name    string
		options Options
		max     int
		want    string
	}{
		{"no model", Options{}, 1, "model name is empty"},
		{"no tokens", Options{Model: "m"}, 0, "max_tokens is 0"},
		{"temperature", Options{Model: "m", Temperature: math.NaN()}, 1, "temperature is NaN"},
		{"top_p", Options{Model: "m", TopP: 2}, 1, "top_p is 2"},
		{"usage", Options{Model: "m", Usage: 9}, 1, "unknown usage option 9"},
		{"extra", Options{Model: "m", Extra: map[string]any{"stream": false}}, 1, `extra member "stream": set by the load generator`},
		{"extra type", Options{Model: "m", Extra: map[string]any{"f": func() {}}}, 1, "encode request"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Completions{}.Encode(workload.Prompt{MaxTokens: tc.max}, tc.options)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	for _, tc := range []struct {
		name, payload string
		want          Delta
	}{
		{"completion text", `{"id":"c1","object":"text_completion","choices":[{"index":0,"text":" a","finish_reason":null}]}`, Delta{ID: "c1", Message: true, Text: " a"}},
		{"with usage", `{"id":"c1","choices":[{"text":"ab","finish_reason":null}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}`, Delta{ID: "c1", Message: true, Text: "ab", Usage: &Usage{Prompt: 5, Output: 2}}},
		{"role only", `{"id":"c1","choices":[{"delta":{"role":"assistant","content":""}}]}`, Delta{ID: "c1", Message: true}},
		{"role with null content", `{"choices":[{"delta":{"role":"assistant","content":null}}]}`, Delta{Message: true}},
		{"chat content", `{"choices":[{"delta":{"content":"x"}}]}`, Delta{Message: true, Text: "x"}},
		{"reasoning", `{"choices":[{"delta":{"reasoning_content":"hm"}}]}`, Delta{Message: true, Text: "hm", Thought: true}},
		{"reasoning by its other name", `{"choices":[{"delta":{"reasoning":"hm"}}]}`, Delta{Message: true, Text: "hm", Thought: true}},
		{"reasoning under both", `{"choices":[{"delta":{"reasoning":"hm","reasoning_content":"hm"}}]}`, Delta{Message: true, Text: "hm", Thought: true}},
		{"tool call", `{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{\"a\""}}]}}]}`, Delta{Message: true, Text: `f{"a"`}},
		{"refusal", `{"choices":[{"delta":{"refusal":"no"}}]}`, Delta{Message: true, Text: "no"}},
		{"finish", `{"choices":[{"text":"","finish_reason":"length"}]}`, Delta{Message: true, Finish: "length"}},
		{"final usage", `{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":4}}}`, Delta{Usage: &Usage{Prompt: 5, Cached: 4, Output: 9}}},
		{"final usage, details null", `{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9,"prompt_tokens_details":null}}`, Delta{Usage: &Usage{Prompt: 5, Output: 9}}},
		{"null usage and error", `{"choices":[{"text":"a"}],"usage":null,"error":null}`, Delta{Message: true, Text: "a"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := Completions{}.NewDecoder()
			got, err := d.Decode([]byte(tc.payload))
			if err != nil || !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, tc.want)
			}
			if d.Done() {
				t.Error("done without an end mark")
			}
		})
	}
}

func TestDone(t *testing.T) {
	d := Chat{}.NewDecoder()
	if got, err := d.Decode([]byte("[DONE]")); err != nil || got != (Delta{}) || !d.Done() {
		t.Errorf("%+v, %v, done %v", got, err, d.Done())
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, tc := range []struct {
		name, payload string
		server        bool // the server's own error, not a malformed event
		want          string
	}{
		{"error object", `{"error":{"message":"out of memory","type":"internal"}}`, true, "out of memory"},
		{"error string", `{"error":"broken"}`, true, "broken"},
		{"error of another shape", `{"error":{"code":7}}`, true, `{"code":7}`},
		{"object error", `{"object":"error","message":"too long","code":400}`, true, "too long"},
		{"not json", `hello`, false, "not a completion chunk"},
		{"cut short", `{"choices":[{"te`, false, "not a completion chunk"},
		{"another object", `{"type":"ping"}`, false, "neither choices nor usage"},
		{"wrong type", `{"choices":[{"text":5}]}`, false, "not a completion chunk"},
		{"negative usage", `{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":-2}}`, false, "counts below 0"},
		{"empty", ``, false, "not a completion chunk"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Completions{}.NewDecoder().Decode([]byte(tc.payload))
			var se *ServerError
			if err == nil || !strings.Contains(err.Error(), tc.want) || errors.As(err, &se) != tc.server {
				t.Errorf("error %v (server's %v), want %q (%v)", err, se != nil, tc.want, tc.server)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	long := strings.Repeat("é", 300)
	for in, want := range map[string]string{
		`{"error":{"message":"queue is full"}}`: "queue is full",
		`{"message":"no such model"}`:           "no such model",
		" <html>502</html>\n":                   "<html>502</html>",
		"":                                      "",
		long:                                    strings.Repeat("é", 100) + "…",
	} {
		if got := ErrorText([]byte(in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"id":"c","choices":[{"text":"a","finish_reason":"stop"}],"usage":{"completion_tokens":1}}`,
		`{"choices":[{"delta":{"content":"x","tool_calls":[{"function":{"arguments":"1"}}]}}]}`,
		`{"error":{"message":"m"}}`, `[DONE]`, `null`, `[]`, `{"error":[[[`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		d := Chat{}.NewDecoder()
		delta, err := d.Decode(payload)
		if err != nil && (delta.Text != "" || delta.Usage != nil || d.Done()) {
			t.Fatalf("%q: %+v came with %v", payload, delta, err)
		}
		if err == nil && !d.Done() && !json.Valid(payload) {
			t.Fatalf("%q: invalid JSON accepted", payload)
		}
		if got := ErrorText(payload); len(got) > 210 {
			t.Fatalf("%d bytes of error text", len(got))
		}
	})
}
