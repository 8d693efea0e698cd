package gateway

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/scenario"
)

func parsedRung(input, output string) scenario.Rung {
	return scenario.Rung{PriceInput: input, PriceOutput: output}
}

func TestExtend(t *testing.T) {
	for in, want := range map[string]string{
		`{"usage":{"a":1}}`:                         `{"usage":{"a":1,X}}`,
		`{"usage":{}}`:                              `{"usage":{X}}`,
		`{"usage" : { } , "b":2}`:                   `{"usage" : { X} , "b":2}`,
		`{"usage":{"a":{"usage":{"b":2}}},"c":3}`:   `{"usage":{"a":{"usage":{"b":2}},X},"c":3}`,
		`{"choices":[{"usage":{"a":1}}]}`:           `{"choices":[{"usage":{"a":1}}]}`,
		`{"text":"\"usage\":{}","usage":{"a":"}"}}`: `{"text":"\"usage\":{}","usage":{"a":"}",X}}`,
		`{"usage":null}`:                            `{"usage":null}`,
		`{"usage":[{}]}`:                            `{"usage":[{}]}`,
		`{"a":"usage"}`:                             `{"a":"usage"}`,
		`data: {"usage":{"a":1}}` + "\n\n":          `data: {"usage":{"a":1,X}}` + "\n\n",
		`{"usage":{"a":1`:                           `{"usage":{"a":1`,
		`{"a":"\\","usage":{"b":"\\\""}}`:           `{"a":"\\","usage":{"b":"\\\"",X}}`,
		``:                                          ``,
	} {
		if got := string(extend([]byte(in), "X")); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// Of any JSON, the extension changes the object that is its usage, and nothing else.
func FuzzExtend(f *testing.F) {
	for _, s := range []string{`{"usage":{"a":1}}`, `{"a":[{"usage":{}}],"usage":{"usage":{}}}`, `{"usage":null,"b":"\"usage\":{"}`, `{"\u0075sage":{}}`, `{"usage":{},"usage":{}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := string(extend([]byte(in), `"assay_rung":"r"`))
		var before, after map[string]any
		if json.Unmarshal([]byte(in), &before) != nil || strings.Contains(in, "assay_rung") || strings.Contains(in, `\u`) || strings.Count(in, `"usage"`) > 1 {
			return
		}
		if err := json.Unmarshal([]byte(out), &after); err != nil {
			t.Fatalf("%s became %s: %v", in, out, err)
		}
		if u, ok := before["usage"].(map[string]any); ok {
			u = maps.Clone(u)
			u["assay_rung"] = "r"
			before["usage"] = u
		}
		if !reflect.DeepEqual(before, after) {
			t.Fatalf("%s became %s", in, out)
		}
	})
}

// No message of a stream loses a byte, wherever it is cut.
func FuzzEvents(f *testing.F) {
	f.Add("data: a\n\ndata: b\ndata: c\r\n\r\n: x\n\n\n\ndata:d")
	f.Fuzz(func(t *testing.T, in string) {
		e, all := newEvents(strings.NewReader(in)), ""
		for {
			raw, data, err := e.next()
			all += string(raw)
			if strings.Count(string(data), "") > len(raw)+1 {
				t.Fatalf("data %q of %q", data, raw)
			}
			if err != nil {
				break
			}
		}
		if all != in {
			t.Fatalf("%q became %q", in, all)
		}
	})
}

func TestEvents(t *testing.T) {
	e := newEvents(strings.NewReader("data: a\n\n: comment\n\nid: 1\r\ndata:b\r\ndata: c\r\n\r\n" + "data: " + strings.Repeat("x", 50_000) + "\n\ndata: end"))
	for i, want := range []string{"a", "", "b\nc", strings.Repeat("x", 50_000), ""} {
		_, data, err := e.next()
		if string(data) != want || (err != nil) != (i == 4) {
			t.Errorf("message %d: %.20q, %v", i, data, err)
		}
	}
}

// A request that is parsed and written again is the same to whoever reads it, but for what the rung changes.
func FuzzParse(f *testing.F) {
	for _, s := range []string{streamed, `{"model":"m","prompt":["a","b"],"n":2,"max_completion_tokens":null}`, `{"a":{"b":[1,2.50e3]},"model":"m"}`, `{`, `{"model":"m"}{}`, "[]"} {
		f.Add(s, 0, false)
	}
	f.Fuzz(func(t *testing.T, in string, longest int, noDrafts bool) {
		a, refusal := parse([]byte(in))
		if refusal != nil {
			if refusal.Status < 400 || refusal.Message == "" {
				t.Fatalf("%+v", refusal)
			}
			return
		}
		out := a.body("other", max(longest, 0), noDrafts, true)
		var before, after map[string]any
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%q became %q: %v", in, out, err)
		}
		if after["model"] != "other" {
			t.Fatalf("model %v", after["model"])
		}
		if json.Unmarshal([]byte(in), &before) != nil {
			return // it has a closing bracket more
		}
		for name, v := range before {
			switch name {
			case "model", "max_tokens", "max_completion_tokens", "num_speculative_tokens", "stream_options":
			default:
				if !reflect.DeepEqual(v, after[name]) {
					t.Fatalf("%s: %v became %v", name, v, after[name])
				}
			}
		}
	})
}
