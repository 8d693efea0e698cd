package dialect

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// seeds are the payloads of the dialects' fixtures, a line each.
func seeds(f *testing.F, names []string) (all [][]byte) {
	f.Helper()
	for _, name := range names {
		files, err := filepath.Glob(filepath.Join("testdata", name, "*.http"))
		if err != nil || len(files) < 5 && name != "triton" {
			f.Fatalf("%d fixtures of %s: %v", len(files), name, err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			_, body, _ := bytes.Cut(raw, []byte("\n\n"))
			var lines []string
			for line := range strings.Lines(string(body)) {
				if data, ok := strings.CutPrefix(line, "data: "); ok {
					lines = append(lines, strings.TrimSpace(data))
				}
			}
			if lines == nil {
				lines = []string{string(body)}
			}
			all = append(all, []byte(strings.Join(lines, "\n")))
		}
	}
	return all
}

func FuzzHead(f *testing.F) {
	f.Add("7", "Sun, 29 Nov 2026 12:00:00 GMT", "60", "59")
	f.Add("Sun, 29 Nov 2026 12:00:34 GMT", "Sun, 29 Nov 2026 12:00:00 GMT", "-1", "x")
	f.Fuzz(func(t *testing.T, after, date, limit, left string) {
		h := ReadHead(map[string][]string{"Retry-After": {after}, "Date": {date}, "X-Ratelimit-Limit-Tokens": {limit}, "X-Ratelimit-Remaining-Tokens": {left}, "X-Request-Id": {after}})
		if h.RetryAfter < 0 || h.RetryAfter > longestRetry || h.Tokens.Limit < 0 || h.Tokens.Left < 0 || len(h.RequestID) > longestID {
			t.Fatalf("%+v", h)
		}
	})
}

func FuzzReadList(f *testing.F) {
	f.Add([]byte(`{"data":[{"id":"a"}]}`))
	f.Add([]byte(`{"models":[{"name":"models/a"}]}`))
	f.Add([]byte(`[{"name":"ensemble","version":"1","state":"READY"}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		names, err := ReadList(body)
		for _, n := range names {
			if n == "" || err != nil {
				t.Fatalf("%q: %q, %v", body, names, err)
			}
		}
	})
}

// FuzzGrowing: however a text grows, what is added each time is the text together. One that it does not go on with changes nothing.
func FuzzGrowing(f *testing.F) {
	f.Add("One two three.", []byte{3, 4, 0, 9}, "one")
	f.Add("caf\ufffd\ufffd", []byte{3, 1, 2, 200}, "")
	f.Fuzz(func(t *testing.T, text string, steps []byte, other string) {
		var g growing
		added, at := "", 0
		for _, step := range steps {
			at = min(at+int(step), len(text))
			more, ok := g.added(text[:at])
			if added += more; !ok || added != text[:at] {
				t.Fatalf("%q of %q after %q: %q, %v", more, text, added, text[:at], ok)
			}
			if more, ok := g.added(other + "x" + text); !ok && (more != "" || g.text != text[:at]) {
				t.Fatalf("%q is no %q, and added %q", other, text, more)
			} else if ok {
				return
			}
		}
	})
}

// fuzzDecoder feeds a decoder any payloads: it never panics, keeps nothing that was in error, and
// counts nothing below 0.
func fuzzDecoder(f *testing.F, names ...string) {
	for _, seed := range seeds(f, names) {
		f.Add(seed, byte('\n'))
	}
	f.Fuzz(func(t *testing.T, stream []byte, cut byte) {
		for _, name := range names {
			kind, _ := Named(name)
			d := kind.Dialect.NewDecoder()
			last := 0
			for _, payload := range strings.Split(string(stream), string(cut)) {
				delta, err := d.Decode([]byte(payload))
				var reported *ServerError
				if err != nil && (delta.Text != "" || delta.Usage != nil || delta.Finish != "" || errors.As(err, &reported) && len(reported.Message) > 250) {
					t.Fatalf("%s: %q: %+v came with %v", name, payload, delta, err)
				}
				if u := delta.Usage; u != nil {
					if min(u.Prompt, u.Cached, u.Written, u.Output, u.Reasoning) < 0 {
						t.Fatalf("%s: %q: counts %+v", name, payload, *u)
					}
					if kind.Dialect.NewDecoder().Shape() == Unmarked && u.Output < last {
						t.Fatalf("%s: %q: a total of %d after %d", name, payload, u.Output, last)
					}
					last = u.Output
				}
				if len(delta.Text) > 4*len(payload)+8 {
					t.Fatalf("%s: %d bytes of text from %d", name, len(delta.Text), len(payload))
				}
			}
		}
	})
}

func FuzzResponses(f *testing.F) { fuzzDecoder(f, "openai-responses") }
func FuzzMessages(f *testing.F)  { fuzzDecoder(f, "anthropic") }
func FuzzGemini(f *testing.F)    { fuzzDecoder(f, "gemini", "gemini-whole") }
func FuzzTriton(f *testing.F) {
	fuzzDecoder(f, "triton-stream", "triton-vllm-stream", "triton", "triton-llmapi-stream", "triton-llmapi")
}
func FuzzKServe(f *testing.F) { fuzzDecoder(f, "kserve") }
