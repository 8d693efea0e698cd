package system

import (
	"fmt"
	"strings"
)

// trtPyTorch are settings of the PyTorch backend alone.
var trtPyTorch = []string{
	"kv_cache_dtype", "cuda_graph", "cuda_graph_max_batch_size", "cuda_graph_batch_sizes", "cuda_graph_padding", "disable_overlap_scheduler",
	"attn_backend", "moe_backend", "sampler_type", "stream_interval", "enable_iter_perf_stats",
}

// refuseTRT says why these settings cannot run together with the version found.
func refuseTRT(v Values, version string) string {
	for _, rule := range []func(Values, string) string{trtVersions, trtBackends, trtSpeculation, trtGraphs} {
		if why := rule(v, version); why != "" {
			return why
		}
	}
	if _, err := TRT(v); err != nil {
		return err.Error()
	}
	return ""
}

// trtVersions are what versions do not have yet, or any more.
func trtVersions(v Values, version string) string {
	switch {
	case before(version, 1):
		return "TensorRT-LLM " + version + " names its options otherwise: 1.0 is the first version whose options are known here"
	case v["sampler_type"] != "" && before(version, 1, 1):
		return "sampler_type came with TensorRT-LLM 1.1, and " + version + " is installed"
	case v["backend"] == "tensorrt" && since(version, 1, 3):
		return "TensorRT-LLM " + version + " has no engines any more: backend = \"tensorrt\" ended with 1.2"
	}
	return ""
}

// trtBackends are settings that a backend does not have.
func trtBackends(v Values, _ string) string {
	if v["backend"] != "tensorrt" {
		if v["quantization"] != "" {
			return "the PyTorch backend takes a model as it is quantized: quantization needs backend = \"tensorrt\", or a path to a quantized model"
		}
		return ""
	}
	for _, name := range trtPyTorch {
		if value := v[name]; value != "" && !(name == "kv_cache_dtype" && value == "auto") {
			return name + " is of the PyTorch backend, and backend = \"tensorrt\" has no such option"
		}
	}
	if v["guided_decoding_backend"] == "llguidance" {
		return "llguidance is of the PyTorch backend: with backend = \"tensorrt\" there is xgrammar alone"
	}
	return ""
}

// trtSpeculation are combinations with drafts.
func trtSpeculation(v Values, _ string) string {
	m := object(v["speculative_config"])
	if m == nil {
		return ""
	}
	kind, _ := m["decoding_type"].(string)
	backend := v["backend"]
	switch of := trtDecodings[kind]; {
	case of == "pytorch" && backend == "tensorrt":
		return fmt.Sprintf("decoding_type %s is of the PyTorch backend, and backend is tensorrt", kind)
	case of == "tensorrt" && backend != "tensorrt":
		return fmt.Sprintf("decoding_type %s is of engines: it needs backend = \"tensorrt\"", kind)
	case backend != "tensorrt" && v["pp_size"] != "" && v["pp_size"] != "1":
		return "speculative decoding does not run with pipeline parallelism: pp_size is " + v["pp_size"]
	case v["sampler_type"] == "TRTLLMSampler":
		return "speculative decoding does not run with the sampler TRTLLMSampler"
	case needsDraft(kind) && m["speculative_model"] == nil && m["speculative_model_dir"] == nil:
		return fmt.Sprintf("decoding_type %s needs a draft model: give speculative_model", kind)
	}
	return ""
}

func needsDraft(kind string) bool {
	return strings.HasPrefix(kind, "Eagle") || strings.HasPrefix(kind, "Draft") || kind == "PARD"
}

// trtGraphs are settings of CUDA graphs that contradict each other.
func trtGraphs(v Values, _ string) string {
	for _, name := range []string{"cuda_graph_max_batch_size", "cuda_graph_batch_sizes", "cuda_graph_padding"} {
		if v[name] != "" && v["cuda_graph"] == "false" {
			return name + " is given, and cuda_graph is false"
		}
	}
	if v["cuda_graph_max_batch_size"] != "" && v["cuda_graph_batch_sizes"] != "" {
		return "cuda_graph_max_batch_size and cuda_graph_batch_sizes say the same in two ways: give one of them"
	}
	return ""
}
