package main

import (
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/gguf"
)

// endingEarly is a copy of the small model whose file names one more token that ends an answer: "{".
func endingEarly(t *testing.T) string {
	t.Helper()
	f, err := gguf.Open("engine/models/gopherling-2m-bf16.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tokens, err := f.Strings("tokenizer.ggml.tokens")
	if err != nil {
		t.Fatal(err)
	}
	brace := slices.Index(tokens, "Ġ{")
	if brace < 0 || f.Has("tokenizer.ggml.eot_token_id") {
		t.Fatal("the model is not what this test takes it for")
	}
	kvs := append(slices.Clone(f.KVs), gguf.KV{Key: "tokenizer.ggml.eot_token_id", Value: uint32(brace)})
	var tensors []gguf.TensorData
	for _, x := range f.Tensors {
		tensors = append(tensors, x.ToWrite())
	}
	path := filepath.Join(t.TempDir(), "ends.gguf")
	if err := gguf.WriteFile(path, kvs, tensors); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEveryEndEndsAnswers: files may name tokens besides EOS that end an answer; those end it where a model is
// evaluated and where it is served.
func TestEveryEndEndsAnswers(t *testing.T) {
	const prompt = "\tf, err := os.Open(name)\n\tif err"
	path := endingEarly(t)
	file := fileWith(t, "g.jsonl", `{"prompt": "\tf, err := os.Open(name)\n\tif err", "expected": "!= nil", "max_tokens": 8}`)
	for _, c := range []struct{ model, finish string }{{small, "length"}, {path, "end"}} {
		s := evalObjects[record.Task](t, "generate", c.model, "--task", file)[0]
		if ends := c.finish == "end"; s.Items[0].Finish != c.finish || s.Metrics[0].Hits[0] != ends || ends && s.Items[0].Answer != " != nil" {
			t.Errorf("%s: %+v, hit %v, want finish %s", c.model, s.Items[0], s.Metrics[0].Hits[0], c.finish)
		}
	}
	// There an ordinary token's text stays, as that of the stop tokens of a request does.
	_, url := startServer(t, "--model", path)
	c := ask(t, url+"/v1/completions", http.StatusOK, map[string]any{"model": "gopherling-2m", "prompt": prompt, "max_tokens": 8, "temperature": 0}).Choices[0]
	if c.Text != " != nil {" || c.FinishReason != "stop" {
		t.Errorf("served: %+v", c)
	}
}
