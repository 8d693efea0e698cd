package dialect

import (
	"reflect"
	"strings"
	"testing"
)

// usual are chunks as servers send them all the time.
var usual = []string{
	`{"id":"cmpl-1","object":"text_completion","created":1730000000,"model":"m","choices":[{"index":0,"text":" a","logprobs":null,"finish_reason":null,"stop_reason":null}],"usage":{"prompt_tokens":5,"total_tokens":7,"completion_tokens":2}}`,
	`{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}`,
	`{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"a \"b\"\n\té \u00e9\\"},"finish_reason":null}],"usage":null}`,
	`{"choices":[{"delta":{"reasoning_content":"hm","content":null,"tool_calls":[]}}], "system_fingerprint" : "fp" }`,
	`{"choices":[{"delta":{"reasoning":"hm"},"matched_stop":[1,-2.5,true,false,{"a":["b"]}]}]}`,
	`{"id":"c","choices":[{"text":"","finish_reason":"length"}],"error":null}`,
	`{"id":"c","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":4}}}`,
	`{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9,"prompt_tokens_details":null,"completion_tokens_details":{"reasoning_tokens":3}}}`,
}

// unusual are payloads that encoding/json has to judge, most of them wrong.
var unusual = []string{
	``, `null`, `[]`, `{}`, `{"choices":[]`, `{"choices":[]}x`, `{"choices":null}`, `{"choices":[{"text":"a"},{"text":"b"}]}`, `{"choices":[{"text":5}]}`,
	`{"Choices":[{"text":"a"}]}`, `{"choices":[{"text":"a","text":"b"}]}`, `{"choices":[{"text":"\ud83d\ude00"}]}`, `{"choices":[{"text":"\u12g4"}]}`,
	`{"choices":[{"text":"a` + "\n" + `"}]}`, `{"choices":[{"text":"` + "\xff" + `"}]}`, `{"error":{"message":"m"}}`, `{"object":"error","message":"m","choices":[]}`,
	`{"choices":[{"delta":{"content":"a","reasoning":"b"}}]}`, `{"choices":[{"delta":{"tool_calls":[{"function":{"name":"f"}}]}}]}`,
	`{"choices":[],"usage":{"completion_tokens":-1}}`, `{"choices":[],"usage":{"completion_tokens":1.0}}`, `{"choices":[],"usage":{"completion_tokens":1e2}}`,
	`{"choices":[],"usage":{"completion_tokens":01}}`, `{"choices":[],"usage":{"completion_tokens":12345678901}}`, `{"choices":[{"text":"a","n":01}]}`,
	`{"choices":[{"text":"a","n":-}]}`, `{"choices":[{"text":"a","n":1.}]}`, `{"choices":[{"text":"a","n":nul}]}`, `{"choices":[{"text":"a","n":1e5}]}`,
	`{"choices":[{"text":"a","n":[1,]}]}`, `{"choices":[{"text":"a",}]}`, `{"choices":[{"text":"a\x"}]}`, `{"choices":[{"text":"a\`, `{"choices":[{"text":"a\u00`,
	`{"choices":[{"finish_reason":7}]}`, `{"id":7,"choices":[]}`, `{"choices":[],"n":` + strings.Repeat("[", 12) + strings.Repeat("]", 12) + `}`,
}

func TestScanReadsTheUsual(t *testing.T) {
	for _, payload := range usual {
		checkScan(t, payload, true)
	}
	for _, payload := range unusual {
		checkScan(t, payload, false)
	}
}

// checkScan holds scan to encoding/json, and to reading the payload where it must.
func checkScan(t *testing.T, payload string, must bool) {
	t.Helper()
	var d openAI
	got, ok := d.scan([]byte(payload))
	want, err := decodeChunk([]byte(payload))
	if must && !ok {
		t.Errorf("%s: left to encoding/json", payload)
	}
	if ok && (err != nil || !reflect.DeepEqual(got, want)) {
		t.Errorf("%s: got %+v (usage %+v), encoding/json has %+v (usage %+v), %v", payload, got, got.Usage, want, want.Usage, err)
	}
}

func FuzzScan(f *testing.F) {
	for _, payload := range append(usual, unusual...) {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload string) { checkScan(t, payload, false) })
}

// Of a usual chunk only its text is allocated, also where it has escapes.
func TestScanAllocates(t *testing.T) {
	for _, payload := range usual {
		d, bytes := new(openAI), []byte(payload)
		if n := testing.AllocsPerRun(100, func() { _, _ = d.Decode(bytes) }); n > 1 {
			t.Errorf("%s: %v allocations", payload, n)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, decode := range map[string]func([]byte) (Delta, error){"scan": new(openAI).Decode, "encoding-json": decodeChunk} {
		b.Run(name, func(b *testing.B) {
			payload := []byte(usual[0])
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decode(payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
