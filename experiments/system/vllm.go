package system

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// VLLM is the name of vLLM's kind.
const VLLM = "vllm"

// vllm describes vLLM: the settings of its server that decide how fast it is and what it answers, by the names of its flags with
// underscores. Ranges are those of version 0.32; an older one may refuse more when it starts.
func vllm() Kind {
	return Kind{Name: VLLM, Title: "vLLM", Started: true, Settings: vllmSettings(), Dialects: []string{"completions", "chat"}, Counted: true, Refuse: refuseVLLM}
}

// most is no bound but the system's own.
var most = math.Inf(1)

func vllmSettings() []Setting {
	return []Setting{
		{Name: "max_num_seqs", Doc: "sequences computed together at most", Type: Integer, Min: 1, Max: most},
		{Name: "max_num_batched_tokens", Doc: "tokens computed in one step at most, prompts and answers together", Type: Integer, Min: 1, Max: most},
		{Name: "enable_chunked_prefill", Doc: "whether a prompt may be computed in several steps", Type: Boolean},
		{Name: "long_prefill_token_threshold", Doc: "tokens of one prompt that a step computes at most while others wait, 0 for no bound", Type: Integer, Min: 0, Max: most},
		{Name: "scheduling_policy", Doc: "who waits: those who came last, or those of the least priority", Type: Choice, Choices: []string{"fcfs", "priority"}},
		{Name: "async_scheduling", Doc: "whether a step is planned while the one before it is computed", Type: Boolean},
		{Name: "stream_interval", Doc: "tokens sent in one message", Type: Integer, Min: 1, Max: most},
		{Name: "enable_prefix_caching", Doc: "whether prompts that begin alike are computed once", Type: Boolean},
		{Name: "block_size", Doc: "tokens in a block of the KV cache", Type: Integer, Min: 1, Max: 1 << 16},
		{Name: "kv_cache_dtype", Doc: "format of the KV cache", Type: Choice, Choices: []string{"auto", "float16", "bfloat16", "fp8", "fp8_e4m3", "fp8_e5m2", "fp8_inc", "fp8_ds_mla",
			"nvfp4", "int4_per_token_head", "int8_per_token_head", "fp8_per_token_head"}},
		{Name: "kv_cache_memory_bytes", Doc: "memory of the KV cache, in place of a share of all", Type: Integer, Min: 1 << 20, Max: 1 << 50},
		{Name: "gpu_memory_utilization", Doc: "share of the device's memory that is used in all; without a GPU, of the machine's", Type: Number, Min: 0.01, Max: 1},
		{Name: "num_gpu_blocks_override", Doc: "blocks of the KV cache, in place of as many as fit", Type: Integer, Min: 1, Max: most},
		{Name: "cpu_offload_gb", Doc: "weights kept in the machine's memory rather than the GPU's, in GiB", Type: Number, Min: 0, Max: 1 << 14},
		{Name: "quantization", Doc: "method by which weights are quantized, as vLLM names it, or none", Type: Text, Check: methodName},
		{Name: "dtype", Doc: "type of weights that are not quantized, and of activations", Type: Choice, Choices: []string{"auto", "float16", "bfloat16", "float32"}},
		{Name: "speculative", Doc: "what drafts tokens, a colon, and how many: ngram:3; or off", Type: Text, Check: drafting},
		{Name: "speculative_model", Doc: "folder of the model that drafts", Type: Text},
		{Name: "prompt_lookup_max", Doc: "longest run of tokens that ngram looks for in what is there", Type: Integer, Min: 1, Max: 1 << 16},
		{Name: "prompt_lookup_min", Doc: "shortest run of tokens that ngram looks for", Type: Integer, Min: 1, Max: 1 << 16},
		{Name: "max_model_len", Doc: "longest sequence, prompt and answer together, in tokens", Type: Integer, Min: 1, Max: most},
		{Name: "tensor_parallel_size", Doc: "devices that share every layer", Type: Integer, Min: 1, Max: 1024},
		{Name: "pipeline_parallel_size", Doc: "devices that share the layers", Type: Integer, Min: 1, Max: 1024},
		{Name: "enforce_eager", Doc: "whether nothing is compiled, so that a start is sooner and steps are slower", Type: Boolean},
		{Name: "seed", Doc: "of the server's random numbers", Type: Integer, Min: 0, Max: most},
	}
}

var method = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

func methodName(value string) string {
	if !method.MatchString(value) {
		return `a method as vLLM names it, such as "awq", "fp8" or "compressed-tensors", or "none"`
	}
	return ""
}

// Drafters of vLLM, and those among them that need a model.
var (
	drafters        = []string{"ngram", "suffix", "draft_model", "eagle", "eagle3", "medusa", "mlp_speculator", "mtp"}
	draftersOfModel = []string{"draft_model", "eagle", "eagle3", "medusa", "mlp_speculator"}
)

const mostDrafts = 128

// drafting checks METHOD:TOKENS.
func drafting(value string) string {
	if value == "off" {
		return ""
	}
	name, tokens, _ := strings.Cut(value, ":")
	n, err := strconv.Atoi(tokens)
	if !slices.Contains(drafters, name) || err != nil || n < 1 || n > mostDrafts || tokens != strconv.Itoa(n) {
		return fmt.Sprintf("off, or one of %s with the number of tokens that are drafted, 1 to %d, such as ngram:3", strings.Join(drafters, ", "), mostDrafts)
	}
	return ""
}

// Drafting is what the setting speculative says. ok is false where nothing drafts.
func Drafting(v Values) (method string, tokens int, ok bool) {
	value, given := v["speculative"]
	if !given || value == "off" {
		return "", 0, false
	}
	method, text, _ := strings.Cut(value, ":")
	tokens, _ = strconv.Atoi(text) // Parse has checked it
	return method, tokens, true
}

// integer is the value of a setting that is a whole number.
func (v Values) integer(name string) (n int64, given bool) {
	text, given := v[name]
	if !given {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// refuseVLLM knows what vLLM itself refuses when it starts, or dies of, and what would be another arm than it says. A version built
// for CPUs has "+cpu" in it.
func refuseVLLM(v Values, version string) string {
	for _, refuse := range []func(Values, string) string{refuseOldVLLM, refuseSteps, refuseDrafting, refuseOnCPU} {
		if why := refuse(v, version); why != "" {
			return why
		}
	}
	return ""
}

// oldestVLLM is the first version that has only the engine whose flags and metrics are described here.
var oldestVLLM = [2]int{0, 11}

func refuseOldVLLM(_ Values, version string) string {
	var major, minor int
	if n, _ := fmt.Sscanf(version, "%d.%d", &major, &minor); n < 2 {
		return "" // not known, or built from a branch
	}
	if major < oldestVLLM[0] || major == oldestVLLM[0] && minor < oldestVLLM[1] {
		return fmt.Sprintf("vLLM %s is older than %d.%d, whose flags and metrics are the oldest that are known here", version, oldestVLLM[0], oldestVLLM[1])
	}
	return ""
}

func refuseSteps(v Values, _ string) string {
	tokens, given := v.integer("max_num_batched_tokens")
	if !given {
		return ""
	}
	if length, ok := v.integer("max_model_len"); ok && v["enable_chunked_prefill"] == "false" && tokens < length {
		return fmt.Sprintf("without chunked prefill a step must hold the longest prompt: max_num_batched_tokens %d is less than max_model_len %d", tokens, length)
	}
	if seqs, ok := v.integer("max_num_seqs"); ok && tokens < seqs {
		return fmt.Sprintf("a step must have a token for each sequence: max_num_batched_tokens %d is less than max_num_seqs %d", tokens, seqs)
	}
	return ""
}

func refuseDrafting(v Values, _ string) string {
	method, _, drafts := Drafting(v)
	_, model := v["speculative_model"]
	longest, hasMax := v.integer("prompt_lookup_max")
	shortest, hasMin := v.integer("prompt_lookup_min")
	switch {
	case drafts && slices.Contains(draftersOfModel, method) && !model:
		return fmt.Sprintf("speculative %s needs speculative_model", v["speculative"])
	case drafts && model && !slices.Contains(draftersOfModel, method):
		return fmt.Sprintf("speculative %s has no use for speculative_model", v["speculative"])
	case hasMax && hasMin && shortest > longest:
		return fmt.Sprintf("prompt_lookup_min %d is more than prompt_lookup_max %d", shortest, longest)
	case drafts && method != "ngram" && (hasMax || hasMin):
		return "only speculative ngram looks prompts up: prompt_lookup_max and prompt_lookup_min say nothing"
	}
	return ""
}

// formatsOnCPU are the formats of the KV cache that the attention of CPUs reads.
var formatsOnCPU = []string{"auto", "fp8", "fp8_e4m3", "fp8_e5m2"}

func refuseOnCPU(v Values, version string) string {
	if !strings.Contains(version, "+cpu") {
		return ""
	}
	block, hasBlock := v.integer("block_size")
	format, hasFormat := v["kv_cache_dtype"]
	switch {
	case v["quantization"] == "fp8":
		return "vLLM has no fp8 weights on CPUs: it dies when it loads them"
	case hasBlock && block%32 != 0:
		return fmt.Sprintf("on CPUs block_size must be a multiple of 32: %d is not", block)
	case hasFormat && !slices.Contains(formatsOnCPU, format):
		return fmt.Sprintf("on CPUs the KV cache has one of the formats %s: not %s", strings.Join(formatsOnCPU, ", "), format)
	case v["async_scheduling"] == "true":
		return "on CPUs vLLM switches async_scheduling off, so that this would be another arm than it says"
	}
	return ""
}
