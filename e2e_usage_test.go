//go:build unix

package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/meter"
)

// recorded reads a usage log.
func recorded(t *testing.T, path string) (all []meter.Record) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		r, err := meter.Parse(bytes.TrimSuffix(line, []byte{'\n'}))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, r)
	}
	return all
}

// TestUsageLog of a real server: what answers said they used, what the engine took, over a rotation.
func TestUsageLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "usage.jsonl")
	p, url := startServer(t, "--usage-log", path, "--prefix-cache", "hash", "--name", "gopher")
	body := map[string]any{"model": "gopher", "prompt": "func main() { fmt.Println(", "max_tokens": 12, "user": "search"}
	first := ask(t, url+"/v1/completions", http.StatusOK, body)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing was written")
		}
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	p.Signal(syscall.SIGHUP)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the log was not opened again")
		}
	}
	ask(t, url+"/v1/completions", http.StatusOK, body)
	ask(t, url+"/v1/completions", http.StatusBadRequest, map[string]any{"model": "gopher", "prompt": "x", "surprise": 1})
	p.Signal(syscall.SIGTERM)
	expect(t, p.Wait(), exitOK)
	before, after := recorded(t, path+".1"), recorded(t, path)
	if len(before) != 1 || len(after) != 2 || after[1].Outcome != meter.Refused {
		t.Fatalf("%+v\n%+v", before, after)
	}
	r := before[0]
	if r.Outcome != meter.OK || r.Team != "search" || r.Prompt != int64(first.Usage.PromptTokens) || r.Output != int64(first.Usage.CompletionTokens) ||
		r.PrefillOps == 0 || r.DecodeOps == 0 || r.Engine <= 0 || r.BlockTime <= 0 || r.Prefill <= 0 || r.BlockSize != 16 {
		t.Errorf("%+v", r)
	}
	if a := after[0]; a.ID == r.ID || a.Engine <= 0 || a.Time.Before(r.Time) {
		t.Errorf("%+v", a)
	}
}
