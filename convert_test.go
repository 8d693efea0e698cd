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
