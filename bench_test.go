package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
)

// little is a benchmark that takes no time.
var little = []string{"bench", "-m", "embedded:gopherling-2m", "-p", "8", "-n", "2", "-d", "0,4", "-b", "3", "--batch-prompt", "5", "-r", "2", "-t", "1"}

func TestBenchJSON(t *testing.T) {
	out, errs, code := assay(t, append(little, "--json", "--kv", "bf16,q8_0", "--quantization", "Q8_0", "--kernel", "generic")...)
	if code != exitOK {
		t.Fatalf("exit code %d, stderr %q", code, errs)
	}
	var r benchReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Format != "Q8_0" || r.Kernel != "generic" || len(r.Results) != 10 {
		t.Fatalf("%s with %s, %d results", r.Format, r.Kernel, len(r.Results))
	}
	for _, x := range r.Results {
		if len(x.Speed.Samples) != 2 || x.Speed.Min <= 0 || x.Cost.Bytes <= 0 || x.Cost.Ops <= 0 || x.Rates.Bandwidth <= 0 || x.Rates.Peak <= 0 || x.Share <= 0 || x.Roof.Bound == "" {
			t.Errorf("%+v", x)
		}
	}
}

func TestBenchTables(t *testing.T) {
	out, _, code := assay(t, little...)
	if code != exitOK {
		t.Fatal(code)
	}
	for _, s := range []string{"| pp8 ", "| tg2 ", "| pp8@d4 ", "| tg2@d4 ", "| tg2 b3@d5 ", "2 of 2 rounds", "roof with 1 threads: "} {
		if !strings.Contains(out, s) {
			t.Errorf("no %q in:\n%s", s, out)
		}
	}
	out, _, code = assay(t, append(little, "--csv")...)
	lines, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if code != exitOK || err != nil || len(lines) != 6 || lines[5][6] != "tg2 b3@d5" || lines[5][10] != "3" {
		t.Errorf("exit code %d, %v, %q", code, err, lines)
	}
}

func TestBenchRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"repetitions", []string{"-r", "0"}, "--repetitions: found 0"}, {"prompt", []string{"-p", "-1"}, "--prompt: found -1"},
		{"batch", []string{"-b", "0"}, "--batch: found 0, expected 1"}, {"nothing", []string{"-p", "0", "-n", "0"}, "no test"},
		{"cache", []string{"--kv", "q3"}, `--kv: cache format is "q3"`}, {"kernel", []string{"--kernel", "avx9"}, `kernel "avx9"`},
		{"depth", []string{"-d", "5000"}, "has a context of"}, {"both", []string{"--json", "--csv"}, "json"},
		{"memory", []string{"-b", "100000", "-n", "900"}, "fewer sequences"},
	} {
		out, errs, code := assay(t, append([]string{"bench"}, c.args...)...)
		if code != exitUsage || out != "" || !strings.Contains(errs, c.says) {
			t.Errorf("%s: exit code %d, %q, want %q", c.name, code, errs, c.says)
		}
	}
}

func TestBenchInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var w, werr bytes.Buffer
	if code := run(ctx, &w, &werr, little); code != exitInterrupted || w.Len() > 0 {
		t.Errorf("exit code %d, %q, %q", code, w.String(), werr.String())
	}
}
