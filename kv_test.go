package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestKV holds the numbers against what is known of the embedded model: 8 layers with 2
// key heads of 64.
func TestKV(t *testing.T) {
	out, errs, code := assay(t, "kv", "embedded:gopherling-7m", "--json", "--context", "512", "--length", "100", "--kv-policy", "full,window", "--kv-budget", "40", "--token-budget", "20", "--batch", "4",
		"--memory", "1GB", "--kv", "bf16,q8_0/q4_0,q4_0+channel")
	if code != exitOK || errs != "" {
		t.Fatalf("exit code %d, stderr %q", code, errs)
	}
	var p kvPlan
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Strategies) != 8 || len(p.Blocks) != 6 {
		t.Fatalf("%d strategies, %d block sizes", len(p.Strategies), len(p.Blocks))
	}
	const side, tail = 8 * 2 * 64, 8 * 2 * 64 * 32 * 2
	for i, want := range []struct {
		layout, policy        string
		token, sequence, most int
		size                  int
	}{
		{"contiguous", "full", 4 * side, 512 * 4 * side, 512 * 4 * side, 16}, {"paged", "full", 4 * side, 112 * 4 * side, 112 * 4 * side, 16},
		{"paged", "window", 4 * side, 96 * 4 * side, 112 * 4 * side, 16}, // 40 + 32 + 1 positions and a block, 40 + 32 + 20 and one
		{"contiguous", "full", side * 52 / 32, 512 * side * 52 / 32, 512 * side * 52 / 32, 16}, {"paged", "full", side * 52 / 32, 112 * side * 52 / 32, 112 * side * 52 / 32, 16},
		{"paged", "window", side * 52 / 32, 96 * side * 52 / 32, 112 * side * 52 / 32, 16},
		{"contiguous", "full", side * 36 / 32, 512*side*36/32 + tail, 512*side*36/32 + tail, 32}, {"paged", "full", side * 36 / 32, 128*side*36/32 + tail, 128*side*36/32 + tail, 32},
	} {
		s := p.Strategies[i]
		if s.Layout != want.layout || s.Policy != want.policy || s.TokenBytes != int64(want.token) || s.SequenceBytes != int64(want.sequence) || s.MostBytes != int64(want.most) ||
			s.BatchBytes != 3*int64(want.sequence)+int64(want.most) || s.BlockSize != want.size {
			t.Errorf("%+v, want %+v", s, want)
		}
		if most := (1_000_000_000 - p.WeightBytes) / s.SequenceBytes; s.Fit > most || s.Fit < most*8/10 {
			t.Errorf("%s, %s: %d fit, want a little less than %d", s.Format, s.Layout, s.Fit, most)
		}
	}
	if len(p.Skipped) != 1 || p.Skipped[0].Format != "q4_0+channel" || p.Skipped[0].Policy != "window" {
		t.Errorf("skipped: %+v", p.Skipped)
	}
}

// TestKVChosen: blocks that are chosen are counted as the engine holds them: all of a prompt,
// then the budget, and a block of h2o, or with snapkv the answer.
func TestKVChosen(t *testing.T) {
	out, _, code := assay(t, "kv", "embedded:gopherling-7m", "--json", "--kv", "bf16", "--length", "400", "--answer", "48",
		"--kv-policy", "h2o,snapkv", "--kv-budget", "128", "--kv-recent", "32", "--kv-sinks", "0")
	var p kvPlan
	if err := json.Unmarshal([]byte(out), &p); code != exitOK || err != nil || len(p.Strategies) != 4 {
		t.Fatalf("exit code %d, %v, %d strategies", code, err, len(p.Strategies))
	}
	for i, want := range []int{128 + 16, 128 + 48} {
		if s := p.Strategies[2+i]; s.Positions != want || s.Most != 352 {
			t.Errorf("%s: %d positions, at most %d, want %d, at most 352", s.Policy, s.Positions, s.Most, want)
		}
	}
}

func TestKVText(t *testing.T) {
	out, _, code := assay(t, "kv", "embedded:gopherling-2m", "--memory", "5MB")
	for _, want := range []string{"5.0 MB of memory", "KV format", "At most", "q4_0+channel", "contiguous", "0: too few", "Block size"} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("exit code %d, %q is not in\n%s", code, want, out)
		}
	}
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"--memory", "8QB"}, `--memory: found "8QB", expected a size such as 8GB`},
		{[]string{"--memory", "-1"}, `--memory: found "-1"`}, {[]string{"--memory", "1e30"}, `--memory: found "1e30"`},
		{[]string{"--context", "99999"}, "context is 99999, want 1 to "}, {[]string{"--context", "100", "--length", "101"}, "length is 101, want 0 (all of the context) to 100"},
		{[]string{"--batch", "0"}, "batch is 0, want 1"}, {[]string{"--kv", "q3"}, `cache format is "q3", want one of f32`}, {[]string{"--block-size", "0"}, "block size is 0"},
		{[]string{"--kv-policy", "lru"}, `kv_policy is "lru", want one of full, window`}, {[]string{"--kv-policy", "h2o", "--kv-budget", "100"}, "kv_budget is 100, want a multiple of block_size"},
		{[]string{"--kv-policy", "sinks", "--kv-budget", "4"}, "kv_budget is 4, want more than the 4"}, {[]string{"--length", "9", "--answer", "9"}, "answer is 9, want 0 to 8"},
		{[]string{"--token-budget", "0"}, "token budget is 0"},
	} {
		_, errs, code := assay(t, append([]string{"kv", "embedded:gopherling-2m"}, row.args...)...)
		if code != exitUsage || !strings.Contains(errs, row.want) {
			t.Errorf("%v: exit code %d, %q, want %q", row.args, code, errs, row.want)
		}
	}
}

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]int64{"8GB": 8e9, "8gib": 8 << 30, "1.5 MB": 1.5e6, "1000000": 1e6, "512KiB": 512 << 10, "7b": 7} {
		if got, err := parseBytes(text); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
}
