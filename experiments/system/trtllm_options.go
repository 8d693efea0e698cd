package system

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// TRTOptions is how TensorRT-LLM is told its settings: flags of trtllm-serve, and a file of options.
type TRTOptions struct {
	Flags   []string       // each followed by its value
	Options map[string]any // what the file has: texts, numbers (json.Number), truth values, nil, lists, and maps of these
}

// trtFlags are the settings that are flags in all versions, in the order of the command line. All others are in the file: which
// of the two wins where both say something has changed between versions, so that nothing is in both.
var trtFlags = []string{"backend", "tokenizer", "max_batch_size", "max_num_tokens", "max_seq_len", "tp_size", "pp_size", "ep_size", "num_postprocess_workers"}

// trtPaths are the places in the file of settings that have another name there.
var trtPaths = map[string]string{
	"quantization":                      "quant_config.quant_algo",
	"kv_cache_free_gpu_memory_fraction": "kv_cache_config.free_gpu_memory_fraction",
	"kv_cache_max_tokens":               "kv_cache_config.max_tokens",
	"kv_cache_dtype":                    "kv_cache_config.dtype",
	"kv_cache_host_bytes":               "kv_cache_config.host_cache_size",
	"enable_block_reuse":                "kv_cache_config.enable_block_reuse",
	"enable_partial_reuse":              "kv_cache_config.enable_partial_reuse",
	"capacity_scheduler_policy":         "scheduler_config.capacity_scheduler_policy",
	"context_chunking_policy":           "scheduler_config.context_chunking_policy",
	"cuda_graph_max_batch_size":         "cuda_graph_config.max_batch_size",
	"cuda_graph_batch_sizes":            "cuda_graph_config.batch_sizes",
	"cuda_graph_padding":                "cuda_graph_config.enable_padding",
	"moe_backend":                       "moe_config.backend",
}

// trtArguments are the names in a file of what is a flag of another name to trtllm-serve.
var trtArguments = map[string]string{"tp_size": "tensor_parallel_size", "pp_size": "pipeline_parallel_size", "ep_size": "moe_expert_parallel_size"}

// TRT divides the settings for trtllm-serve. What the values say twice is an error.
func TRT(v Values) (TRTOptions, error) {
	o, err := trtFile(v)
	for _, name := range trtFlags {
		if value, given := v[name]; given {
			o.Flags = append(o.Flags, "--"+name, value)
		}
	}
	if v["backend"] != "tensorrt" && v["enable_iter_perf_stats"] == "" { // an engine always has them, and refuses the option
		o.Options["enable_iter_perf_stats"] = true
	}
	return o, err
}

// trtFile are the settings that have no flags.
func trtFile(v Values) (TRTOptions, error) {
	o := TRTOptions{Options: map[string]any{}}
	for _, s := range trtllm().Settings {
		value, given := v[s.Name]
		if !given || slices.Contains(trtFlags, s.Name) || s.Name == trtExtra {
			continue
		}
		o.put(s, value)
	}
	return o, o.merge(o.Options, object(v[trtExtra]), "")
}

// put places one setting in the file.
func (o TRTOptions) put(s Setting, value string) {
	if s.Name == "cuda_graph" {
		if value == "false" {
			o.Options["cuda_graph_config"] = nil
		} else if o.Options["cuda_graph_config"] == nil {
			o.Options["cuda_graph_config"] = map[string]any{}
		}
		return
	}
	path := trtPaths[s.Name]
	if path == "" {
		path = s.Name
	}
	at := o.Options
	parts := strings.Split(path, ".")
	for _, part := range parts[:len(parts)-1] {
		inner, ok := at[part].(map[string]any)
		if !ok {
			inner = map[string]any{}
			at[part] = inner
		}
		at = inner
	}
	at[parts[len(parts)-1]] = s.plain(value)
}

// plain is a value as a document of options has it.
func (s Setting) plain(value string) any {
	switch {
	case s.Type == Integer || s.Type == Number:
		return json.Number(value)
	case s.Type == Boolean:
		return value == "true"
	case s.Name == "cuda_graph_batch_sizes":
		sizes, _ := wholeNumbers(value)
		var all []any
		for _, n := range sizes {
			all = append(all, json.Number(fmt.Sprint(n)))
		}
		return all
	case s.Name == "speculative_config":
		return object(value)
	}
	return value
}

// merge adds further options to those that settings of their own have put there.
func (o TRTOptions) merge(into, more map[string]any, above string) error {
	for _, name := range slices.Sorted(maps.Keys(more)) {
		path := strings.TrimPrefix(above+"."+name, ".")
		old, there := into[name]
		inner, isTable := more[name].(map[string]any)
		table, wasTable := old.(map[string]any)
		if own := trtOwner(path); own != "" && !(isTable && path == "cuda_graph_config") { // which has more than we have settings for
			return fmt.Errorf("%s has %s, which is set otherwise: write %s", trtExtra, path, own)
		}
		switch {
		case there && (!isTable || !wasTable):
			return fmt.Errorf("%s has %s, which other settings have set already", trtExtra, path)
		case isTable:
			if !wasTable {
				table = map[string]any{}
				into[name] = table
			}
			if err := o.merge(table, inner, path); err != nil {
				return err
			}
		default:
			into[name] = more[name]
		}
	}
	return nil
}

// trtOwners are places of the file that are the lab's, or a setting's of another name, beside those of trtPaths and trtArguments.
var trtOwners = map[string]string{
	"model": "path of the target", "host": "nothing: the lab chooses the address", "port": "nothing: the lab chooses the address",
	"triton_config": "nothing: the dialect says what is streamed", "cuda_graph_config": "cuda_graph",
}

// trtOwner is the setting that owns a place in the file, "" for none.
func trtOwner(path string) string {
	if own := trtOwners[path]; own != "" {
		return own
	}
	for _, places := range []map[string]string{trtPaths, trtArguments} {
		for name, place := range places {
			if place == path {
				return name
			}
		}
	}
	if _, ok := trtllm().Setting(path); ok && trtPaths[path] == "" && path != "cuda_graph" {
		return path
	}
	return ""
}
