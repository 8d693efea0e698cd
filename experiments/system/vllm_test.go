package system

import (
	"strings"
	"testing"
)

func TestVLLMValues(t *testing.T) {
	k, ok := Named(VLLM)
	if !ok {
		t.Fatal("no vLLM")
	}
	for _, c := range []struct {
		name string
		v    any
		want string // canonical, or a part of the error after "!"
	}{
		{"max_num_seqs", int64(16), "16"},
		{"max_num_seqs", int64(0), "!a whole number of 1 or more"},
		{"max_num_seqs", "16", "!without quotes"},
		{"max_num_seq", int64(16), "!max_num_seqs"},
		{"enable_chunked_prefill", false, "false"},
		{"gpu_memory_utilization", 0.5, "0.5"},
		{"gpu_memory_utilization", int64(1), "1"},
		{"gpu_memory_utilization", 1.5, "!a number from 0.01 to 1"},
		{"kv_cache_dtype", "fp8", "fp8"},
		{"kv_cache_dtype", "fp9", "!fp8"},
		{"quantization", "compressed-tensors", "compressed-tensors"},
		{"quantization", "none", "none"},
		{"quantization", "--help", "!as vLLM names it"},
		{"quantization", "a b", "!as vLLM names it"},
		{"speculative", "ngram:3", "ngram:3"},
		{"speculative", "off", "off"},
		{"speculative", "ngram", "!such as ngram:3"},
		{"speculative", "ngram:0", "!1 to 128"},
		{"speculative", "ngram:+3", "!1 to 128"},
		{"speculative", "grams:3", "!one of ngram"},
		{"speculative_model", "drafts/small", "drafts/small"},
	} {
		got, err := k.Parse(c.name, c.v)
		want, bad := strings.CutPrefix(c.want, "!")
		if bad && (err == nil || !strings.Contains(err.Error(), want)) || !bad && (err != nil || got != want) {
			t.Errorf("%s = %v: %q, %v; want %q", c.name, c.v, got, err, c.want)
		}
	}
}

func TestVLLMRefuses(t *testing.T) {
	const gpu, cpu = "0.32.0", "0.32.0+cpu"
	k, _ := Named(VLLM)
	for _, c := range []struct {
		values, version, want string // settings NAME=VALUE; "" where it runs
	}{
		{"", "", ""},
		{"", "0.10.2", "older than 0.11"},
		{"", "0.11.0", ""},
		{"", "1.0.0", ""},
		{"", "dev", ""},
		{"enable_chunked_prefill=false max_num_batched_tokens=1024 max_model_len=2048", "", "must hold the longest prompt"},
		{"enable_chunked_prefill=false max_num_batched_tokens=2048 max_model_len=2048", "", ""},
		{"enable_chunked_prefill=true max_num_batched_tokens=1024 max_model_len=2048", "", ""},
		{"max_num_batched_tokens=1024 max_model_len=2048", "", ""},
		{"max_num_batched_tokens=8 max_num_seqs=16", "", "a token for each sequence"},
		{"max_num_batched_tokens=16 max_num_seqs=16", "", ""},
		{"speculative=draft_model:3", "", "needs speculative_model"},
		{"speculative=draft_model:3 speculative_model=d", "", ""},
		{"speculative=ngram:3 speculative_model=d", "", "has no use"},
		{"speculative=off speculative_model=d", "", ""},
		{"speculative=ngram:3 prompt_lookup_max=3 prompt_lookup_min=1", "", ""},
		{"speculative=ngram:3 prompt_lookup_max=1 prompt_lookup_min=3", "", "is more than"},
		{"speculative=suffix:3 prompt_lookup_max=3", "", "only speculative ngram"},
		{"speculative=off prompt_lookup_max=3", "", ""},
		{"quantization=fp8", cpu, "no fp8 weights on CPUs"},
		{"quantization=fp8", gpu, ""},
		{"quantization=fp8", "", ""},
		{"quantization=int8_per_channel_weight_only", cpu, ""},
		{"block_size=16", cpu, "a multiple of 32"},
		{"block_size=64", cpu, ""},
		{"block_size=16", gpu, ""},
		{"kv_cache_dtype=fp8", cpu, ""},
		{"kv_cache_dtype=nvfp4", cpu, "one of the formats"},
		{"kv_cache_dtype=nvfp4", gpu, ""},
		{"async_scheduling=true", cpu, "switches async_scheduling off"},
		{"async_scheduling=false", cpu, ""},
	} {
		v := Values{}
		for _, s := range strings.Fields(c.values) {
			name, text, _ := strings.Cut(s, "=")
			value, err := k.ParseText(name, text)
			if err != nil {
				t.Fatal(err)
			}
			v[name] = value
		}
		if got := k.Refuses(v, c.version); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s on %q: %q, want %q", c.values, c.version, got, c.want)
		}
	}
}

// Settings have a name once, a text, and where they are numbers a range.
func TestVLLMSettings(t *testing.T) {
	k, _ := Named(VLLM)
	seen := map[string]bool{}
	for _, s := range k.Settings {
		if seen[s.Name] || s.Doc == "" || (s.Type == Integer || s.Type == Number) && s.Min >= s.Max || s.Type == Choice && len(s.Choices) < 2 {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
	}
	if method, n, ok := Drafting(Values{"speculative": "ngram:12"}); method != "ngram" || n != 12 || !ok {
		t.Error(method, n, ok)
	}
	if _, _, ok := Drafting(Values{"speculative": "off"}); ok {
		t.Error("off drafts")
	}
}
