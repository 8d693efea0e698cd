package stream

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/loadgen/dialect"
)

func TestReadWhole(t *testing.T) {
	const (
		word = `data: {"choices":[{"text":"a","index":0}]}` + "\n\n"
		end  = "data: [DONE]\n\n"
	)
	for _, c := range []struct{ name, dialect, body, text, says string }{
		{"events", "completions", word + word + end, "aa", ""},
		{"what follows the end mark", "completions", word + end + "data: no JSON\n\n", "a", ""},
		{"no end mark", "completions", word, "a", "ends without its end mark"},
		{"no JSON", "completions", word + "data: {\n\n" + end, "a", "JSON"},
		{"a document", "triton", `{"text_output":"ab"}`, "ab", ""},
		{"half a document", "triton", `{"text_output":"ab`, "", "JSON"},
		{"gRPC", "triton-grpc", "\x00\x00\x00\x00\x00", "", "HTTP/1.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, ok := dialect.Named(c.dialect)
			if !ok {
				t.Fatal("no such dialect")
			}
			var text strings.Builder
			err := ReadWhole(strings.NewReader(c.body), k.Dialect.NewDecoder(), func(d dialect.Delta) { text.WriteString(d.Text) })
			if text.String() != c.text || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("read %q, %v; want %q, %q", text.String(), err, c.text, c.says)
			}
		})
	}
}
