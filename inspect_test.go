package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestInspect holds the numbers against what is known of the embedded model: 8 layers
// with 2 key heads of 64, in two bytes each.
func TestInspect(t *testing.T) {
	out, errs, code := assay(t, "inspect", "embedded:gopherling-7m", "--json", "--context", "512", "--batch", "4")
	if code != exitOK || errs != "" {
		t.Fatalf("exit code %d, stderr %q", code, errs)
	}
	var i inspection
	if err := json.Unmarshal([]byte(out), &i); err != nil {
		t.Fatal(err)
	}
	const perToken = 8 * 2 * 2 * 64 * 2
	if i.Memory == nil || i.Memory.KVBytesPerToken != perToken || i.Memory.KVBytes != perToken*512*4 {
		t.Errorf("memory is %+v, want %d bytes a token", i.Memory, perToken)
	}
	var parameters, bytes int64
	for _, x := range i.Tensors {
		n := int64(1)
		for _, d := range x.Shape {
			n *= int64(d)
		}
		parameters, bytes = parameters+n, bytes+x.Bytes
	}
	if i.Architecture != "llama" || i.Parameters != parameters || i.Bytes != bytes || parameters == 0 {
		t.Errorf("%s, %d parameters in %d bytes; the tensors have %d in %d", i.Architecture, i.Parameters, i.Bytes, parameters, bytes)
	}
	if len(i.Types) != 2 || i.Types[0].Type != "BF16" || i.Types[0].Bytes+i.Types[1].Bytes != bytes {
		t.Errorf("types are %+v", i.Types)
	}
}

func TestInspectText(t *testing.T) {
	whole, _, _ := assay(t, "inspect", "embedded:gopherling-2m")
	summary, _, code := assay(t, "inspect", "embedded:gopherling-2m", "--summary")
	if code != exitOK || !strings.HasSuffix(whole, summary[strings.Index(summary, "\nMemory of"):]) {
		t.Errorf("exit code %d; the summary is not the end of the whole:\n%s", code, summary)
	}
	for _, s := range []string{"general.architecture", "blk.0.attn_q.weight", "4096: "} {
		if !strings.Contains(whole, s) || strings.Contains(summary, s) {
			t.Errorf("%q: in the whole %v, in the summary %v; want true and false", s, strings.Contains(whole, s), strings.Contains(summary, s))
		}
	}
}

func TestScaledBy(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 99949: "99.9 kB", 99950: "100 kB", 999499: "999 kB", 999500: "1.0 MB", 14_700_000: "14.7 MB", 1 << 60: "1152922 TB"} {
		if got := bytesOf(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
