package gguf

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse: nothing panics, and what parses is written and read back equal, in a form
// that does not change any more.
func FuzzParse(f *testing.F) {
	f.Add(mustWrite(f, nil, nil))
	f.Add(mustWrite(f, sampleKVs(), sampleTensors()))
	f.Add(mustWrite(f, []KV{{alignmentKey, uint32(8)}}, sampleTensors()[:1]))
	f.Add(header(2, 1, 1).str("a").u32(uint32(Bool)).add(1).tensor("x", 24, 0, 2).pad32().add(1, 2).b)
	f.Add(header(3, 2, 0).tensor("x", 0, 32, 1).tensor("y", 24, 0, 9).pad32().zeros(96).b)
	f.Add(nested(maxDepth).b)
	f.Add(nested(maxDepth + 1).b)
	f.Add(header(3, 1<<40, 1<<40).zeros(64).b)
	f.Add(header(3<<24, 0, 0).b)
	python, err := os.ReadFile(filepath.Join("testdata", "python.gguf"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(python)
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := Parse("fuzz.gguf", data)
		if err != nil {
			return
		}
		written := rewrite(t, first)
		second := mustParse(t, written)
		sameFile(t, second, first)
		if !bytes.Equal(rewrite(t, second), written) {
			t.Error("writing twice gives other bytes")
		}
	})
}

func rewrite(t *testing.T, f *File) []byte {
	t.Helper()
	tensors := make([]TensorData, len(f.Tensors))
	for i, tensor := range f.Tensors {
		tensors[i] = tensor.ToWrite()
	}
	return mustWrite(t, f.KVs, tensors)
}
