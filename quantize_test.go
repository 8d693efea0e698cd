package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/imatrix"
)

// TestQuantizePlans holds what a dry run says against what is then written.
func TestQuantizePlans(t *testing.T) {
	args := []string{"quantize", "embedded:gopherling-2m", "", "--to", "Q4_K_M", "--tensor", "ffn_up=Q5_1", "--json"}
	args[2] = filepath.Join(t.TempDir(), "out.gguf")
	plan, errs, code := assay(t, append(args, "--dry-run")...)
	if code != exitOK || errs != "" {
		t.Fatalf("exit code %d, stderr %q", code, errs)
	}
	if _, err := os.Stat(args[2]); err == nil {
		t.Error("a dry run wrote the output")
	}
	if again, _, code := assay(t, args...); code != exitOK || again != plan {
		t.Errorf("exit code %d; the plan of the real run differs", code)
	}
	f, err := gguf.Open(args[2])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := checkpoint.Format(f); got != "Q4_K_M" {
		t.Errorf("the file is %s", got)
	}
	lines := strings.Split(strings.TrimSpace(plan), "\n")
	if len(lines) != len(f.Tensors) {
		t.Fatalf("%d lines, %d tensors", len(lines), len(f.Tensors))
	}
	for i, line := range lines {
		var s struct {
			Tensor, To, Why string
			Bytes           int
		}
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		x := f.Tensors[i]
		if s.Tensor != x.Name || s.To != x.Type.String() || s.Bytes != len(x.Data) || strings.Contains(x.Name, "ffn_up") != (s.Why == "override") {
			t.Errorf("the plan says %s, the file has %s as %s in %d bytes", line, x.Name, x.Type, len(x.Data))
		}
	}
}

func TestQuantizeWithImportance(t *testing.T) {
	dir := t.TempDir()
	m := imatrix.Matrix{Entries: map[string]imatrix.Entry{}}
	f, err := openFile("embedded:gopherling-2m")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.Tensors {
		if len(x.Dims) == 2 && x.Name != "token_embd.weight" {
			sums := make([]float32, x.Dims[0])
			for i := range sums {
				sums[i] = float32(1 + i%7*i%7)
			}
			m.Entries[x.Name] = imatrix.Entry{Sums: sums, Counts: []float32{1}}
		}
	}
	path := filepath.Join(dir, "imatrix.gguf")
	if err := m.Write(path); err != nil {
		t.Fatal(err)
	}
	var files [2][]byte
	for i, extra := range [][]string{nil, {"--imatrix", path}} {
		out := filepath.Join(dir, "out.gguf")
		if _, errs, code := assay(t, append([]string{"quantize", "embedded:gopherling-2m", out, "--to", "Q3_K_S"}, extra...)...); code != exitOK {
			t.Fatalf("exit code %d, stderr %q", code, errs)
		}
		if files[i], err = os.ReadFile(out); err != nil {
			t.Fatal(err)
		}
	}
	if len(files[0]) != len(files[1]) || string(files[0]) == string(files[1]) {
		t.Errorf("%d and %d bytes; want the same size and other bytes", len(files[0]), len(files[1]))
	}
	larger := func(says string, code int) {
		t.Helper()
		_, errs, got := assay(t, "quantize", "embedded:gopherling-7m", filepath.Join(dir, "x.gguf"), "--to", "Q3_K_S", "--imatrix", path)
		if got != code || !strings.Contains(errs, says) {
			t.Errorf("exit code %d, stderr %q; want %d and %q", got, errs, code, says)
		}
	}
	larger("tensors are not in the importance matrix", exitOK) // the smaller model has fewer layers
	m.Entries = map[string]imatrix.Entry{"else": {Sums: []float32{1}, Counts: []float32{1}}}
	if err := m.Write(path); err != nil {
		t.Fatal(err)
	}
	larger("knows none of the", exitUsage)
	m.Entries = map[string]imatrix.Entry{"blk.0.attn_q.weight": {Sums: []float32{1}, Counts: []float32{1}}}
	if err := m.Write(path); err != nil {
		t.Fatal(err)
	}
	larger("collected from another model?", exitUsage)
}
