package system

import (
	"fmt"
	"strings"
)

// tritonTRT is TensorRT-LLM's engines in Triton, by the backend tensorrtllm: a folder of model configurations, as published with
// the backend or derived from these, whose places ${name} the settings of that name fill.
func tritonTRT() Kind {
	return Kind{Name: "triton-trtllm", Title: "Triton with TensorRT-LLM", Started: true, Refuse: refuseTritonTRT,
		Dialects: []string{"triton-stream", "triton", "kserve", "triton-grpc"}, Settings: tritonTRTSettings()}
}

// TemplateExtra is the setting for places in templates that have no setting of their own.
const TemplateExtra = "template"

func tritonTRTSettings() []Setting {
	extra := text(TemplateExtra, `further places of the templates as JSON, such as {"medusa_choices": "{0, 0, 0}, {0, 1}"}`)
	extra.Check = checkTemplateExtra
	logits := []string{"TYPE_FP32", "TYPE_FP16", "TYPE_BF16"}
	return []Setting{
		text("engine_dir", "folder of the engine; path of the target is that of the templates"),
		text("tokenizer_dir", "folder of the tokenizer"),
		choice("triton_backend", "what runs the engine: C++ or Python", "tensorrtllm", "python"),
		count("triton_max_batch_size", "most requests that Triton hands over at once", 0),
		flag("decoupled_mode", "a response for each token: what streams needs true"),
		count("max_queue_delay_microseconds", "microseconds that requests wait for others", 0),
		count("max_queue_size", "requests that wait at most, 0 for no bound", 0),
		choice("batching_strategy", "in-flight batching, or whole batches", "inflight_fused_batching", "inflight_batching", "V1"),
		choice("batch_scheduler_policy", "who gets room in the cache", "guaranteed_no_evict", "max_utilization"),
		count("max_tokens_in_paged_kv_cache", "most tokens in the cache", 1),
		share("kv_cache_free_gpu_mem_fraction", "of the memory that is left, for keys and values"),
		count("kv_cache_host_memory_bytes", "memory of the host for blocks that are given up", 0),
		flag("enable_kv_cache_reuse", "prefix caching"),
		flag("enable_chunked_context", "prompts in pieces"),
		count("max_attention_window_size", "most tokens that one attends to", 1),
		count("sink_token_length", "first tokens that are always attended to", 0),
		count("max_beam_width", "beams", 1),
		choice("decoding_mode", "how tokens are drawn", "top_k", "top_p", "top_k_top_p", "beam_search", "medusa", "redrafter", "lookahead", "eagle"),
		flag("exclude_input_in_output", "answers do not begin with the prompt"),
		flag("multi_block_mode", "attention of one request on many blocks of the GPU"),
		flag("cuda_graph_mode", "steps that only decode are replayed"),
		count("cuda_graph_cache_size", "graphs that are kept", 0),
		flag("enable_context_fmha_fp32_acc", "attention of prompts adds up in 32 bits"),
		share("gpu_weights_percent", "of the weights, those that stay on the GPU"),
		text("gpu_device_ids", "GPUs, as 0,1"),
		flag("normalize_log_probs", "log-probabilities are normalized"),
		choice("logits_datatype", "numbers of logits", logits...),
		choice("encoder_input_features_data_type", "numbers of an encoder's inputs", logits...),
		choice("prompt_embedding_table_data_type", "numbers of prompt embeddings", logits...),
		count("preprocessing_instance_count", "instances of the tokenizer", 1),
		count("postprocessing_instance_count", "instances of the detokenizer", 1),
		count("bls_instance_count", "instances of tensorrt_llm_bls: as many as requests run at once", 1),
		flag("accumulate_tokens", "tensorrt_llm_bls decodes all tokens so far each time"),
		flag("add_special_tokens", "the tokenizer adds its special tokens"),
		flag("skip_special_tokens", "special tokens are not in answers"),
		text("tensorrt_llm_model_name", "model that tensorrt_llm_bls asks"),
		text("tensorrt_llm_draft_model_name", "model that drafts for it"),
		text("guided_decoding_backend", "what enforces grammars: xgrammar"),
		text("xgrammar_tokenizer_info_path", "the tokenizer as the grammars' library wants it"),
		extra,
	}
}

func checkTemplateExtra(value string) string {
	const expected = `a JSON object of texts by the names of places, such as {"medusa_choices": "{0, 0}"}`
	m := object(value)
	if m == nil {
		return expected
	}
	for name, v := range m {
		if _, isText := v.(string); !isText {
			return expected + ", and " + name + " is none"
		}
	}
	return ""
}

// refuseTritonTRT is what no version runs.
func refuseTritonTRT(v Values, _ string) string {
	for name := range object(v[TemplateExtra]) {
		if _, own := tritonTRT().Setting(name); own {
			return fmt.Sprintf("%s has %s, which is a setting of its own", TemplateExtra, name)
		}
	}
	switch {
	case v["batching_strategy"] == "V1" && v["enable_chunked_context"] == "true":
		return "enable_chunked_context needs in-flight batching, and batching_strategy is V1"
	case v["batching_strategy"] == "V1" && v["batch_scheduler_policy"] == "max_utilization":
		return "batch_scheduler_policy is a policy of in-flight batching, and batching_strategy is V1"
	case v["cuda_graph_cache_size"] != "" && v["cuda_graph_mode"] == "false":
		return "cuda_graph_cache_size is given, and cuda_graph_mode is false"
	case v["decoding_mode"] == "beam_search" && v["max_beam_width"] == "1":
		return "decoding_mode is beam_search, and max_beam_width is 1"
	case strings.HasPrefix(v["decoding_mode"], "top_") && v["max_beam_width"] != "" && v["max_beam_width"] != "1":
		return fmt.Sprintf("decoding_mode is %s, and max_beam_width is %s: beams need beam_search", v["decoding_mode"], v["max_beam_width"])
	}
	return ""
}
