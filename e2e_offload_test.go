package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/assaylab/assay/experiments/testkit"
)

// metricOf reads one unlabelled value from /metrics.
func metricOf(t *testing.T, url, name string) float64 {
	t.Helper()
	_, text := httpGet(t, url+"/metrics")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil || families[name] == nil {
		t.Fatalf("no metric %s: %v", name, err)
	}
	m := families[name].Metric[0]
	return m.GetCounter().GetValue() + m.GetGauge().GetValue()
}

// TestServeOffload: prompts are found by the next server after an orderly end, and those evicted
// before a kill after that; with the same answers. Another server of other settings does not start.
func TestServeOffload(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blocks")
	args := []string{"--prefix-cache", "radix", "--offload", dir, "--context", "256", "--kv-tokens", "256", "--block-size", "8", "--kv-format", "f32"}
	prompts := make([]map[string]any, 16)
	for i := range prompts {
		text := fmt.Sprintf("package p%d\n\nimport \"fmt\"\n", i) + strings.Repeat("// more text that goes on for a while\n", 4)
		prompts[i] = map[string]any{"model": "gopherling-2m", "prompt": text, "max_tokens": 8, "temperature": 0}
	}
	var want []string
	for round, end := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGTERM} {
		p, url := startServer(t, args...)
		for i, prompt := range prompts {
			text := ask(t, url+"/v1/completions", http.StatusOK, prompt).Choices[0].Text
			if round == 0 {
				want = append(want, text)
			} else if text != want[i] {
				t.Errorf("round %d: prompt %d is answered %q, and was %q", round, i, text, want[i])
			}
		}
		if hits := metricOf(t, url, "assay:kv_offload_hits_total"); (hits > 0) != (round > 0) {
			t.Errorf("round %d: %v blocks found in files", round, hits)
		}
		if metricOf(t, url, "assay:prefix_cache_evictions_total") == 0 {
			t.Error("nothing was evicted: the test does not test it")
		}
		p.Signal(end)
		p.Wait()
	}
	r := testkit.Run(t, t.TempDir(), append([]string{"serve", "--model", "embedded:gopherling-2m", "--listen", "127.0.0.1:0"}, append(args, "--kv-format", "bf16")...)...)
	expect(t, r, exitUsage, `kv_format is "f32" there, and "bf16" here`)
	r = testkit.Run(t, t.TempDir(), "serve", "--model", "embedded:gopherling-2m", "--listen", "127.0.0.1:0", "--offload", dir)
	expect(t, r, exitUsage, "--prefix-cache: found none, expected hash or radix")
}

// TestServePins: what is pinned at the start is found by the first request of any key, as a text
// and as the system's turn of a chat.
func TestServePins(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text, chat := filepath.Join(dir, "prefix.txt"), filepath.Join(dir, "system.json")
	beginning := strings.Repeat("// Package p does what its name says.\n", 4)
	for name, data := range map[string]string{text: beginning, chat: `{"messages":[{"role":"system","content":"` + strings.Repeat("Write Go, and be brief. ", 8) + `"}]}`} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, url := startServer(t, "--prefix-cache", "hash", "--block-size", "8", "--pin-prefix", text, "--pin-prefix", chat)
	if metricOf(t, url, "assay:kv_blocks_pinned") == 0 {
		t.Error("nothing is pinned")
	}
	before := metricOf(t, url, "vllm:prefix_cache_hits_total")
	ask(t, url+"/v1/completions", http.StatusOK, map[string]any{"model": "gopherling-2m", "prompt": beginning + "package p", "max_tokens": 1})
	middle := metricOf(t, url, "vllm:prefix_cache_hits_total")
	ask(t, url+"/v1/chat/completions", http.StatusOK, map[string]any{"model": "gopherling-2m", "max_tokens": 1, "messages": []map[string]string{
		{"role": "system", "content": strings.Repeat("Write Go, and be brief. ", 8)}, {"role": "user", "content": "main"}}})
	if after := metricOf(t, url, "vllm:prefix_cache_hits_total"); middle-before < 16 || after-middle < 16 {
		t.Errorf("%v and %v tokens were found", middle-before, after-middle)
	}
	for name, args := range map[string][]string{
		"prefix_cache is":       {"--pin-prefix", text},
		"no such file":          {"--prefix-cache", "hash", "--pin-prefix", text + "x"},
		"a sequence of context": {"--prefix-cache", "hash", "--kv-tokens", "512", "--pin-prefix", text},
	} {
		r := testkit.Run(t, dir, append([]string{"serve", "--model", "embedded:gopherling-2m", "--listen", "127.0.0.1:0"}, args...)...)
		expect(t, r, exitUsage, name)
	}
}
