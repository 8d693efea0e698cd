package system

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/assaylab/assay/analysis/near"
)

// trtllm is TensorRT-LLM behind trtllm-serve. Names are those of its command line and of the Python class that its file of
// options fills; where a name is nested there, the setting's doc has the path.
func trtllm() Kind {
	return Kind{Name: "trtllm", Title: "TensorRT-LLM", Started: true, Dialects: []string{"completions", "chat"},
		Settings: trtSettings(), Refuse: refuseTRT}
}

// trtOptions is where TensorRT-LLM keeps what has no flag of its own in all versions.
const trtExtra = "llm_args"

func trtSettings() []Setting {
	return slices.Concat(trtScale(), trtCache(), trtSteps(), trtDecoding(), trtMetrics())
}

// trtScale are settings of how much and on how many devices.
func trtScale() []Setting {
	return []Setting{
		choice("backend", "what runs the model: `--backend`", "pytorch", "tensorrt", "_autodeploy"),
		text("tokenizer", "folder of the tokenizer, where the model is an engine: `--tokenizer`"),
		count("max_batch_size", "most requests in a step: `--max_batch_size`", 1),
		count("max_num_tokens", "most tokens in a step: `--max_num_tokens`", 1),
		count("max_seq_len", "most tokens of a request, prompt and answer: `--max_seq_len`", 1),
		count("tp_size", "GPUs that share each layer: `--tp_size`", 1),
		count("pp_size", "GPUs that share the layers out: `--pp_size`", 1),
		count("ep_size", "GPUs that share the experts out: `--ep_size`", 1),
		flag("enable_attention_dp", "attention of different requests on different GPUs"),
		count("num_postprocess_workers", "processes that turn tokens into text: `--num_postprocess_workers`", 0),
		choice("dtype", "numbers of the model", "auto", "float16", "bfloat16", "float32"),
		choice("quantization", "quantization while an engine is built: `quant_config.quant_algo`",
			"FP8", "NVFP4", "W4A16", "W8A16", "W4A16_AWQ", "W4A8_AWQ", "W4A16_GPTQ", "W8A8_SQ_PER_CHANNEL"),
	}
}

// trtCache are settings of the KV cache.
func trtCache() []Setting {
	return []Setting{
		share("kv_cache_free_gpu_memory_fraction", "of the memory that is left, for keys and values: `kv_cache_config.free_gpu_memory_fraction`"),
		count("kv_cache_max_tokens", "most tokens in the cache: `kv_cache_config.max_tokens`", 1),
		choice("kv_cache_dtype", "numbers of keys and values: `kv_cache_config.dtype`", "auto", "fp8", "nvfp4"),
		count("kv_cache_host_bytes", "memory of the host for blocks that are given up: `kv_cache_config.host_cache_size`", 0),
		flag("enable_block_reuse", "prefix caching: `kv_cache_config.enable_block_reuse`"),
		flag("enable_partial_reuse", "also of blocks that match in part: `kv_cache_config.enable_partial_reuse`"),
	}
}

// trtSteps are settings of what a step computes, and how it is launched.
func trtSteps() []Setting {
	sizes := text("cuda_graph_batch_sizes", "batch sizes with a graph of their own, as 1,2,4: `cuda_graph_config.batch_sizes`")
	sizes.Check = func(value string) string {
		if _, ok := wholeNumbers(value); !ok {
			return "whole numbers of 1 or more with commas between, such as 1,2,4,8"
		}
		return ""
	}
	return []Setting{
		flag("enable_chunked_prefill", "prompts in pieces of max_num_tokens"),
		choice("capacity_scheduler_policy", "who gets room in the cache: `scheduler_config.capacity_scheduler_policy`",
			"GUARANTEED_NO_EVICT", "MAX_UTILIZATION", "STATIC_BATCH"),
		choice("context_chunking_policy", "which prompts go on: `scheduler_config.context_chunking_policy`",
			"FIRST_COME_FIRST_SERVED", "EQUAL_PROGRESS"),
		flag("disable_overlap_scheduler", "plan a step only when the one before has ended"),
		flag("cuda_graph", "steps that only decode are replayed: `cuda_graph_config`, null for false"),
		count("cuda_graph_max_batch_size", "largest batch with a graph: `cuda_graph_config.max_batch_size`", 1),
		sizes,
		flag("cuda_graph_padding", "batches are filled up to the next size that has a graph: `cuda_graph_config.enable_padding`"),
		choice("attn_backend", "kernels of attention", "TRTLLM", "FLASHINFER", "VANILLA"),
		choice("moe_backend", "kernels of experts: `moe_config.backend`", "CUTLASS", "CUTEDSL", "WIDEEP", "TRTLLM", "DEEPGEMM", "VANILLA", "TRITON"),
	}
}

// trtDecoding are settings of how tokens are drawn and sent.
func trtDecoding() []Setting {
	spec := text("speculative_config", `speculative decoding as JSON, such as '{"decoding_type": "NGram", "max_draft_len": 4}'`)
	spec.Check = checkTRTSpeculation
	return []Setting{
		spec,
		choice("sampler_type", "what draws tokens; from 1.1 on", "auto", "TorchSampler", "TRTLLMSampler"),
		choice("guided_decoding_backend", "what enforces grammars", "xgrammar", "llguidance"),
		count("stream_interval", "steps between two messages of a stream", 1),
	}
}

// trtMetrics are settings of what the server says of itself, and the way to any other option.
func trtMetrics() []Setting {
	extra := text(trtExtra, `further options as JSON, such as '{"kv_cache_config": {"sink_token_length": 4}}'`)
	extra.Check = func(value string) string {
		if object(value) == nil {
			return `a JSON object of options by their names, such as {"enable_min_latency": true}`
		}
		return ""
	}
	return []Setting{
		flag("enable_iter_perf_stats", "statistics of each step at /metrics; on unless it is false here, since counts come from there"),
		flag("return_perf_metrics", "counters at /prometheus/metrics"),
		extra,
	}
}

func text(name, doc string) Setting { return Setting{Name: name, Doc: doc, Type: Text} }

func flag(name, doc string) Setting { return Setting{Name: name, Doc: doc, Type: Boolean} }

func choice(name, doc string, choices ...string) Setting {
	return Setting{Name: name, Doc: doc, Type: Choice, Choices: choices}
}

func count(name, doc string, least float64) Setting {
	return Setting{Name: name, Doc: doc, Type: Integer, Min: least, Max: math.Inf(1)}
}

func share(name, doc string) Setting {
	return Setting{Name: name, Doc: doc, Type: Number, Min: 0, Max: 1}
}

// object is a JSON object, nil for any other text.
func object(value string) map[string]any {
	d := json.NewDecoder(strings.NewReader(value))
	d.UseNumber()
	var m map[string]any
	if d.Decode(&m) != nil || d.More() {
		return nil
	}
	return m
}

// wholeNumbers reads a list such as 1,2,4.
func wholeNumbers(value string) (all []int, ok bool) {
	for _, part := range strings.Split(value, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 {
			return nil, false
		}
		all = append(all, n)
	}
	return all, true
}

// trtDecodings are the ways of speculative decoding by name, with the backend that has them alone; "" for any.
var trtDecodings = map[string]string{
	"AUTO": "pytorch", "NGram": "pytorch", "MTP": "pytorch", "DraftTarget": "pytorch", "Draft_Target": "pytorch", "PARD": "pytorch",
	"Eagle": "", "Eagle3": "pytorch", "Medusa": "tensorrt", "Lookahead": "tensorrt", "Lookahead_Decoding": "tensorrt",
}

func checkTRTSpeculation(value string) string {
	m := object(value)
	if m == nil {
		return `a JSON object with a decoding_type, such as {"decoding_type": "NGram", "max_draft_len": 4}`
	}
	name, _ := m["decoding_type"].(string)
	if _, known := trtDecodings[name]; !known {
		return "a decoding_type of " + strings.Join(sortedKeys(trtDecodings), ", ") + suggestion(name, sortedKeys(trtDecodings))
	}
	if n, given := m["max_draft_len"]; given {
		if k, err := strconv.Atoi(fmt.Sprint(n)); err != nil || k < 1 {
			return "a max_draft_len of 1 or more"
		}
	}
	return ""
}

func suggestion(word string, of []string) string {
	if s := near.Suggestion(word, of); s != "" {
		return " (" + s + ")"
	}
	return ""
}

func sortedKeys[V any](m map[string]V) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}
