package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTrace(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const head = `{"assay_steps":1,"began":"2026-11-29T01:02:03Z","max_batch":2,"token_budget":16,"blocks":8}` + "\n"
	const step = `{"step":3,"start":5,"dur":7,"waiting":0,"queued_tokens":0,"running":1,"free":1,"cached":0,"held":1,"items":[{"seq":1,"kind":"decode","rows":1}],"lost":2}` + "\n"
	out := filepath.Join(dir, "trace.json")
	_, stderr, code := assay(t, "trace", write("good", head+step+`{"step":4`), "-o", out)
	data, err := os.ReadFile(out)
	if code != exitOK || err != nil || !json.Valid(data) || !strings.Contains(string(data), `"ph":"X"`) {
		t.Errorf("code %d, %v: %s", code, err, data)
	}
	if !strings.Contains(stderr, "lacks 2 of 3 steps") || !strings.Contains(stderr, "last line") {
		t.Errorf("said %q", stderr)
	}
	for _, row := range []struct{ path, want string }{
		{filepath.Join(dir, "none"), "no such file"},
		{write("bad", "hello\n"), "bad: line 1: expected the header of a step trace"},
		{write("worse", head+"{}\n"), "worse: line 2: step 0"},
	} {
		never := filepath.Join(dir, "never.json")
		_, stderr, code := assay(t, "trace", row.path, "-o", never)
		if code != exitUsage || !strings.Contains(stderr, row.want) {
			t.Errorf("%s: code %d, %q, want %q", row.path, code, stderr, row.want)
		}
		if _, err := os.Stat(never); err == nil {
			t.Error("a file was written all the same")
		}
	}
}
