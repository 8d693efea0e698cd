package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/gguf"
)

// published is a small model as it is published, in shards.
const published = "engine/testdata/hf/mistral-nemo-sharded"

func TestConvert(t *testing.T) {
	out := filepath.Join(t.TempDir(), "m.gguf")
	text, errs, code := assay(t, "convert", published, out, "--name", "mistral-nemo-sharded", "--type", "F32")
	if code != exitOK || errs != "" {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, s := range []string{"mistral-nemo-sharded (llama)", "parameters", "tekken", "352 tokens", out} {
		if !strings.Contains(text, s) {
			t.Errorf("the summary does not say %q:\n%s", s, text)
		}
	}
	f, err := gguf.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if arch, err := f.String("general.architecture"); err != nil || arch != "llama" {
		t.Errorf("architecture %q, %v", arch, err)
	}
}

func TestConvertDryRun(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "m.gguf")
	text, _, code := assay(t, "convert", published, out, "--dry-run", "--json")
	if code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	var got conversion
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Written || got.Type != "BF16" || len(got.List) != got.Tensors || got.Tensors == 0 || got.Warnings == nil {
		t.Errorf("found %+v", got)
	}
	sum := 0
	for _, tensor := range got.List {
		sum += tensor.Bytes
	}
	if int64(sum) != got.Bytes {
		t.Errorf("tensors of %d bytes, %d in the summary", sum, got.Bytes)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("a dry run left %v", left)
	}
}

func TestConvertRefuses(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "m.gguf")
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"no such directory", []string{filepath.Join(dir, "none"), out}, "no such file"},
		{"a file", []string{filepath.Join(published, "config.json"), out}, "expected the directory"},
		{"empty directory", []string{dir, out}, "config.json"},
		{"out is a directory", []string{published, dir}, "expected the name of the file"},
		{"nowhere to write", []string{published, filepath.Join(dir, "none", "m.gguf")}, "no such file"},
		{"unknown type", []string{published, out, "--type", "Q4_0"}, "auto"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, errs, code := assay(t, append([]string{"convert"}, c.args...)...)
			if code != exitUsage || !strings.Contains(errs, c.says) {
				t.Errorf("exit code %d, message %q; want %d and one that says %q", code, errs, exitUsage, c.says)
			}
		})
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("refused commands left %v", left)
	}
}

func TestConvertInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	code := run(ctx, os.Stdout, os.Stderr, []string{"convert", published, filepath.Join(dir, "m.gguf")})
	if code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("an interrupted conversion left %v", left)
	}
}

// TestConvertToHF makes a directory of an embedded model, and a file of it again.
func TestConvertToHF(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "m")
	text, errs, code := assay(t, "convert", "--to", "hf", "embedded:gopherling-2m", dir, "--dtype", "bf16", "--shard-mb", "1")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, s := range []string{"gopherling-2m (llama)", "4096 tokens", "BF16", dir} {
		if !strings.Contains(text, s) {
			t.Errorf("the summary does not say %q:\n%s", s, text)
		}
	}
	if shards, _ := filepath.Glob(filepath.Join(dir, "model-*-of-*.safetensors")); len(shards) < 3 {
		t.Errorf("found the shards %v", shards)
	}
	if _, errs, code = assay(t, "convert", dir, filepath.Join(filepath.Dir(dir), "m.gguf")); code != exitOK {
		t.Errorf("the way back: exit code %d: %s", code, errs)
	}
	if _, errs, code = assay(t, "convert", "--to", "hf", "embedded:gopherling-2m", dir); code != exitUsage || !strings.Contains(errs, "a new or an empty one") {
		t.Errorf("over another model: exit code %d: %s", code, errs)
	}
}

func TestConvertToHFRefuses(t *testing.T) {
	out := filepath.Join(t.TempDir(), "m")
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"no such form", []string{"--to", "onnx", "x.gguf", out}, "expected gguf or hf"},
		{"the other way's type", []string{"--to", "hf", "--type", "F32", "x.gguf", out}, "--type: not used with --to hf"},
		{"the other way's dtype", []string{"--dtype", "F32", published, out}, "--dtype: not used with --to gguf"},
		{"a type of blocks", []string{"--to", "hf", "--dtype", "Q4_0", "embedded:gopherling-2m", out}, "BF16"},
		{"no file", []string{"--to", "hf", "none.gguf", out}, "no such file"},
		{"empty shards", []string{"--to", "hf", "--shard-mb", "0", "embedded:gopherling-2m", out}, "1 or more"},
		{"a file without --to hf", []string{"engine/models/gopherling-2m-bf16.gguf", out}, "--to hf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, errs, code := assay(t, append([]string{"convert"}, c.args...)...)
			if code != exitUsage || !strings.Contains(errs, c.says) {
				t.Errorf("exit code %d, message %q; want %d and one that says %q", code, errs, exitUsage, c.says)
			}
		})
	}
	if left, _ := os.ReadDir(filepath.Dir(out)); len(left) > 0 {
		t.Errorf("refused commands left %v", left)
	}
}
