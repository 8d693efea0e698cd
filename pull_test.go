package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

func TestPull(t *testing.T) {
	t.Setenv("ASSAY_CACHE", t.TempDir())
	out, errs, code := assay(t, "pull", "engine/models/gopherling-2m-bf16.gguf", "--name", "mine")
	if code != exitOK || errs != "" || !strings.HasPrefix(out, "cache:mine: 3.8 MB") {
		t.Fatalf("exit code %d, printed %q, stderr %q", code, out, errs)
	}
	if out, errs, code := assay(t, "inspect", "cache:mine", "--summary"); code != exitOK || !strings.Contains(out, "gopherling-2m") {
		t.Errorf("exit code %d, printed %q, stderr %q", code, out, errs)
	}
	lost := httptest.NewServer(http.NotFoundHandler())
	defer lost.Close()
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no such repository", []string{"hf:a/b", "--endpoint", lost.URL}, exitEnvironment, "no such file"},
		{"offline", []string{"hf:a/b", "--offline"}, exitEnvironment, "working offline"},
		{"bad source", []string{"hf:a"}, exitUsage, "hf:OWNER/REPO"},
		{"no file", []string{filepath.Join(t.TempDir(), "x.gguf")}, exitUsage, "no such file"},
		{"wrong checksum", []string{"engine/models/gopherling-2m-bf16.gguf", "--sha256", strings.Repeat("0", 64)}, exitBad, "expected 0000"},
		{"no checksum", []string{"x", "--sha256", "abc"}, exitUsage, "64 digits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, errs, code := assay(t, append([]string{"pull"}, c.args...)...)
			if code != c.code || !strings.Contains(errs, c.says) {
				t.Errorf("exit code %d, stderr %q; want %d and %q", code, errs, c.code, c.says)
			}
		})
	}
}
