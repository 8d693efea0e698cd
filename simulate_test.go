package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tracedRun unpacks the run that package simulate is tested with.
func tracedRun(t *testing.T) string {
	t.Helper()
	dir, from := t.TempDir(), "experiments/simulate/testdata/run"
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, strings.TrimSuffix(path, ".gz"))
		if err != nil {
			return err
		}
		packed, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return err
		}
		text, err := io.ReadAll(z)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func simulateRun(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var w, werr bytes.Buffer
	code = run(context.Background(), &w, &werr, append([]string{"simulate"}, args...))
	return code, w.String(), werr.String()
}

func TestSimulate(t *testing.T) {
	dir := tracedRun(t)
	code, out, errs := simulateRun(t, dir, "--arm", "prefill-first", "--rate", "10,40", "--replicas", "1,3", "--requests", "200")
	if code != exitOK || errs != "" {
		t.Fatalf("%d: %s", code, errs)
	}
	for _, want := range []string{"arm continuous, prefill-first", "TTFT p50", " ±", "measured on", "below each figure"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	code, out, errs = simulateRun(t, dir, "--arm", "chunks of 32", "--capacity", "--requests", "200", "--limit", "p95 ttft 80ms", "--set", "max_batch=4", "--router", "least-outstanding", "--replicas", "2", "--json")
	var got simulated
	if err := json.Unmarshal([]byte(out), &got); code != exitOK || err != nil {
		t.Fatalf("%d, %v: %s%s", code, err, out, errs)
	}
	if len(got.Capacities) != 1 || got.Capacities[0].Rate <= 0 || got.Capacities[0].Next <= got.Capacities[0].Rate || len(got.Capacities[0].At.Errors) == 0 || got.Limits[0].LimitNS != 80e6 {
		t.Errorf("%+v", got.Capacities)
	}
	if code, out, errs = simulateRun(t, dir, "--validate"); code != exitOK || strings.Count(out, "throughput") != 5 {
		t.Errorf("%d: %s%s", code, out, errs)
	}
}

func TestSimulateBadInput(t *testing.T) {
	dir := tracedRun(t)
	if code, _, errs := simulateRun(t, dir, "--arm", "prefill-first", "--limit", "ttft<1s"); code != exitUsage || strings.Contains(errs, "replayed") {
		t.Errorf("%d, %s, want a refusal before anything is replayed", code, errs)
	}
	for want, args := range map[string][]string{
		"expected one of":             {dir, "--arm", "fastest"},
		"max_batch=16":                {dir, "--arm", "prefill-first", "--no-check", "--set", "max_batches=16"},
		"decides what a step takes":   {dir, "--arm", "prefill-first", "--no-check", "--set", "threads=2"},
		"p95 ttft 100ms":              {dir, "--arm", "prefill-first", "--no-check", "--limit", "ttft<1s"},
		"expected both or none":       {dir, "--arm", "prefill-first", "--no-check", "--prompt-tokens", "8"},
		"kinds of lengths":            {dir, "--arm", "prefill-first", "--no-check", "--load", "short prompts"},
		"found \"nearest\"":           {dir, "--arm", "prefill-first", "--no-check", "--router", "nearest"},
		"rate is -1":                  {dir, "--arm", "prefill-first", "--no-check", "--rate", "-1"},
		"0 replicas":                  {dir, "--arm", "prefill-first", "--no-check", "--replicas", "0"},
		"expected the directory that": {t.TempDir()},
		"depends on the text":         {dir, "--arm", "prefill-first", "--no-check", "--set", "drafter=ngram"},
	} {
		if code, out, errs := simulateRun(t, args...); code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("%v: %d, %s%s, want %q", args, code, out, errs, want)
		}
	}
}
