package system

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// trtSample is a value that a setting accepts.
func trtSample(s Setting) string {
	switch s.Name {
	case "cuda_graph_batch_sizes":
		return "1,2,4"
	case "speculative_config":
		return `{"decoding_type": "NGram", "max_draft_len": 4}`
	case trtExtra:
		return `{"enable_min_latency": true}`
	case TemplateExtra:
		return `{"medusa_choices": "{0, 0}"}`
	}
	switch s.Type {
	case Integer:
		return "7"
	case Number:
		return "0.5"
	case Boolean:
		return "true"
	case Choice:
		return s.Choices[0]
	}
	return "a text"
}

// leaves are all places of a document with what is there.
func leaves(m map[string]any, above string, into map[string]any) {
	for k, v := range m {
		path := strings.TrimPrefix(above+"."+k, ".")
		if inner, ok := v.(map[string]any); ok && len(inner) > 0 && path != "speculative_config" {
			leaves(inner, path, into)
			continue
		}
		into[path] = v
	}
}

// Each setting ends up at one place, as a flag or in the file, and no two at the same.
func TestTRTPlaces(t *testing.T) {
	base, _ := TRT(nil)
	nothing := map[string]any{}
	leaves(base.Options, "", nothing)
	if len(base.Flags) != 0 || !reflect.DeepEqual(nothing, map[string]any{"enable_iter_perf_stats": true}) {
		t.Errorf("without settings there are %v and %v", base.Flags, nothing)
	}
	seen := map[string]string{}
	for _, s := range trtllm().Settings {
		value := trtSample(s)
		if s.Name == "enable_iter_perf_stats" {
			value = "false"
		}
		if _, err := trtllm().ParseText(s.Name, value); err != nil {
			t.Errorf("%v", err)
		}
		o, err := TRT(Values{s.Name: value})
		if err != nil {
			t.Fatal(err)
		}
		var at string
		if len(o.Flags) > 0 {
			at = o.Flags[0]
			if !reflect.DeepEqual(o.Flags, []string{"--" + s.Name, value}) || !strings.Contains(s.Doc, "--"+s.Name) && s.Name != "dtype" {
				t.Errorf("%s: %v, and its doc says %q", s.Name, o.Flags, s.Doc)
			}
		} else {
			all := map[string]any{}
			leaves(o.Options, "", all)
			if s.Name != "enable_iter_perf_stats" {
				delete(all, "enable_iter_perf_stats")
			}
			if len(all) != 1 {
				t.Fatalf("%s has %v", s.Name, all)
			}
			at = slices.Collect(maps.Keys(all))[0]
			if path := trtPaths[s.Name]; path != "" && (path != at || !strings.Contains(s.Doc, path)) {
				t.Errorf("%s is at %s, and its doc says %q", s.Name, at, s.Doc)
			}
		}
		if other := seen[at]; other != "" {
			t.Errorf("%s and %s are both at %s", s.Name, other, at)
		}
		seen[at] = s.Name
	}
}

// The LLM API has the settings of trtllm-serve, each as one argument of its own, and nothing that is not given.
func TestLLMAPI(t *testing.T) {
	k := tritonLLMAPI()
	if want := append(trtllm().SettingNames(), PythonModel); !slices.Equal(k.SettingNames(), want) {
		t.Errorf("%q, want %q", k.SettingNames(), want)
	}
	if none, err := LLMAPI(Values{PythonModel: "/m"}); err != nil || len(none) != 0 {
		t.Errorf("without settings there is %v, %v", none, err)
	}
	seen := map[string]string{}
	for _, s := range trtllm().Settings {
		value := trtSample(s)
		options, err := LLMAPI(Values{s.Name: value})
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]any{}
		leaves(options, "", all)
		if len(all) != 1 {
			t.Fatalf("%s has %v", s.Name, all)
		}
		at := slices.Collect(maps.Keys(all))[0]
		if other := seen[at]; other != "" {
			t.Errorf("%s and %s are both at %s", s.Name, other, at)
		}
		seen[at] = s.Name
		if _, isText := all[at].(string); s.Type == Integer && isText {
			t.Errorf("%s is the text %q", s.Name, all[at])
		}
	}
	if seen["tensor_parallel_size"] != "tp_size" || seen["moe_expert_parallel_size"] != "ep_size" || seen["backend"] != "backend" {
		t.Errorf("%v", seen)
	}
	for _, tc := range []struct {
		values Values
		want   string
	}{
		{Values{"backend": "tensorrt"}, "triton-trtllm does"}, {Values{"backend": "pytorch"}, ""}, {Values{"quantization": "FP8"}, "as it is quantized"},
		{Values{trtExtra: `{"triton_config": {}}`}, "the dialect says"}, {Values{"cuda_graph": "false", "cuda_graph_padding": "true"}, "cuda_graph is false"},
	} {
		if got := k.Refuses(tc.values, "2.51.0"); tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%v: %q, want %q", tc.values, got, tc.want)
		}
	}
}

// Values have the types that the options have.
func TestTRTTypes(t *testing.T) {
	o, err := TRT(Values{"max_batch_size": "8", "kv_cache_free_gpu_memory_fraction": "0.85", "enable_block_reuse": "false", "cuda_graph_batch_sizes": "1, 2",
		"cuda_graph_padding": "true", "speculative_config": `{"decoding_type": "MTP", "num_nextn_predict_layers": 3}`, "tp_size": "2",
		trtExtra: `{"kv_cache_config": {"sink_token_length": 4}, "print_iter_log": true, "lora_config": {"max_loras": 2}}`})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"enable_iter_perf_stats": true, "print_iter_log": true, "lora_config": map[string]any{"max_loras": json.Number("2")},
		"kv_cache_config":    map[string]any{"free_gpu_memory_fraction": json.Number("0.85"), "enable_block_reuse": false, "sink_token_length": json.Number("4")},
		"cuda_graph_config":  map[string]any{"batch_sizes": []any{json.Number("1"), json.Number("2")}, "enable_padding": true},
		"speculative_config": map[string]any{"decoding_type": "MTP", "num_nextn_predict_layers": json.Number("3")},
	}
	if !reflect.DeepEqual(o.Options, want) {
		t.Errorf("%v\nwant %v", o.Options, want)
	}
	if got := strings.Join(o.Flags, " "); got != "--max_batch_size 8 --tp_size 2" {
		t.Error(got)
	}
	for value, want := range map[string]any{"true": map[string]any{}, "false": nil} {
		o, _ := TRT(Values{"cuda_graph": value})
		if got, there := o.Options["cuda_graph_config"]; !there || !reflect.DeepEqual(got, want) {
			t.Errorf("cuda_graph %s: %v", value, got)
		}
	}
	if o, _ := TRT(Values{"backend": "tensorrt"}); len(o.Options) != 0 {
		t.Errorf("an engine has no option for its statistics: %v", o.Options)
	}
}

// What cannot run is refused with its reason; what may run is not.
func TestTRTRefuses(t *testing.T) {
	const ngram = `{"decoding_type": "NGram", "max_draft_len": 3}`
	for _, tc := range []struct {
		version string
		values  Values
		want    string // "" for none
	}{
		{"", nil, ""}, {"1.2.0", nil, ""}, {"0.20.0", nil, "1.0 is the first"}, {"0.21.0rc1", nil, "1.0 is the first"}, {"1.0.0rc2", nil, ""}, {"unknown", nil, ""},
		{"1.0.0", Values{"sampler_type": "auto"}, "came with TensorRT-LLM 1.1"}, {"1.1.0rc4", Values{"sampler_type": "auto"}, ""}, {"", Values{"sampler_type": "auto"}, ""},
		{"1.3.0", Values{"backend": "tensorrt"}, "no engines any more"}, {"1.3.0rc5", Values{"backend": "tensorrt"}, ""}, {"1.2.0", Values{"backend": "tensorrt"}, ""},
		{"1.10.0", Values{"backend": "tensorrt"}, "no engines any more"},
		{"", Values{"quantization": "FP8"}, "takes a model as it is quantized"}, {"", Values{"quantization": "FP8", "backend": "tensorrt"}, ""},
		{"", Values{"backend": "tensorrt", "stream_interval": "2"}, "stream_interval is of the PyTorch backend"},
		{"", Values{"backend": "tensorrt", "kv_cache_dtype": "fp8"}, "kv_cache_dtype is of the PyTorch backend"}, {"", Values{"backend": "tensorrt", "kv_cache_dtype": "auto"}, ""},
		{"", Values{"backend": "tensorrt", "guided_decoding_backend": "llguidance"}, "xgrammar alone"}, {"", Values{"guided_decoding_backend": "llguidance"}, ""},
		{"", Values{"speculative_config": ngram}, ""}, {"", Values{"speculative_config": ngram, "backend": "tensorrt"}, "NGram is of the PyTorch backend"},
		{"", Values{"speculative_config": ngram, "pp_size": "2"}, "pp_size is 2"}, {"", Values{"speculative_config": ngram, "pp_size": "1"}, ""},
		{"1.2.0", Values{"speculative_config": ngram, "sampler_type": "TRTLLMSampler"}, "sampler TRTLLMSampler"},
		{"", Values{"speculative_config": `{"decoding_type": "Medusa"}`}, "Medusa is of engines"},
		{"", Values{"speculative_config": `{"decoding_type": "Eagle3", "max_draft_len": 3}`}, "needs a draft model"},
		{"", Values{"speculative_config": `{"decoding_type": "Eagle3", "max_draft_len": 3, "speculative_model_dir": "d"}`}, ""},
		{"", Values{"cuda_graph": "false", "cuda_graph_padding": "true"}, "and cuda_graph is false"},
		{"", Values{"cuda_graph_batch_sizes": "1,2", "cuda_graph_max_batch_size": "2"}, "give one of them"},
		{"", Values{trtExtra: `{"max_batch_size": 3}`}, "write max_batch_size"}, {"", Values{trtExtra: `{"tensor_parallel_size": 3}`}, "write tp_size"},
		{"", Values{trtExtra: `{"kv_cache_config": {"dtype": "fp8"}}`}, "write kv_cache_dtype"}, {"", Values{trtExtra: `{"model": "x"}`}, "path of the target"},
		{"", Values{trtExtra: `{"kv_cache_config": 3}`, "enable_block_reuse": "true"}, "other settings have set already"},
		{"", Values{trtExtra: `{"speculative_config": {}}`}, "write speculative_config"}, {"", Values{trtExtra: `{"cuda_graph_config": null}`}, "write cuda_graph"},
	} {
		got := trtllm().Refuses(tc.values, tc.version)
		if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s %v: %q, want %q", tc.version, tc.values, got, tc.want)
		}
	}
}

// Values that are wrong in themselves say what is expected.
func TestTRTValues(t *testing.T) {
	for _, tc := range []struct {
		name  string
		value any
		want  string
	}{
		{"max_batch_size", int64(0), "of 1 or more"}, {"max_batch_size", "8", "without quotes"}, {"kv_cache_free_gpu_memory_fraction", 1.5, "from 0 to 1"},
		{"backend", "torch", "pytorch, tensorrt"}, {"max_batchsize", int64(1), `did you mean "max_batch_size"`}, {"cuda_graph_batch_sizes", "1,x", "commas between"},
		{"speculative_config", `{"decoding_type": "Ngramm"}`, "NGram"}, {"speculative_config", `[]`, "a JSON object with a decoding_type"},
		{"speculative_config", `{"decoding_type": "NGram", "max_draft_len": 0}`, "1 or more"}, {trtExtra, `{"a": 1} x`, "a JSON object of options"},
		{"enable_block_reuse", "true", "true or false"},
	} {
		_, err := trtllm().Parse(tc.name, tc.value)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s = %v: %v, want %q", tc.name, tc.value, err, tc.want)
		}
	}
}

// Whatever further options are given, they are refused, or they and all settings are there.
func FuzzTRT(f *testing.F) {
	f.Add(`{"kv_cache_config": {"sink_token_length": 4}}`)
	f.Add(`{"a": {"b": null}, "c": [1, {"d": "e"}]}`)
	f.Add(`{"cuda_graph_config": {"mode": "decode"}}`)
	f.Fuzz(func(t *testing.T, extra string) {
		m := object(extra)
		v := Values{"enable_block_reuse": "true", "cuda_graph_padding": "true", trtExtra: extra}
		o, err := TRT(v)
		if err != nil {
			return
		}
		all := map[string]any{}
		leaves(o.Options, "", all)
		if all["kv_cache_config.enable_block_reuse"] != true || all["cuda_graph_config.enable_padding"] != true {
			t.Errorf("%q: %v", extra, all)
		}
		if strings.Contains(extra, ".") || strings.Contains(extra, `""`) {
			return // names with dots, and without letters, make no paths
		}
		asked := map[string]any{}
		leaves(m, "", asked)
		for path, v := range asked {
			if inner, ok := v.(map[string]any); ok && len(inner) == 0 {
				continue // an empty table adds nothing to one that has something
			}
			if fmt.Sprint(all[path]) != fmt.Sprint(v) {
				t.Errorf("%q: %s is %v, want %v", extra, path, all[path], v)
			}
		}
	})
}

func TestReleases(t *testing.T) {
	for _, tc := range []struct {
		version              string
		before1, before1p1   bool
		since1p3, since1p3p0 bool
	}{
		{"0.32.0+cpu", true, true, false, false}, {"1.0.0", false, true, false, false}, {"1.1.0rc2.post1", false, false, false, false}, {"1.3.0rc7", false, false, false, false},
		{"1.3.0", false, false, true, true}, {"1.3", false, false, true, true}, {"1.3.0.post1", false, false, true, true}, {"v2.0", false, false, true, true}, {"1.4.0rc0", false, false, true, true},
		{"1.3.0.dev2026", false, false, false, false}, {"", false, false, false, false}, {"nightly", false, false, false, false}, {"0.9", true, true, false, false},
	} {
		got := []bool{before(tc.version, 1), before(tc.version, 1, 1), since(tc.version, 1, 3), since(tc.version, 1, 3, 0)}
		if want := []bool{tc.before1, tc.before1p1, tc.since1p3, tc.since1p3p0}; !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", tc.version, got, want)
		}
	}
}

// Templates' settings accept a sample each, and refuse what contradicts itself.
func TestTritonTRT(t *testing.T) {
	k := tritonTRT()
	for _, s := range k.Settings {
		if _, err := k.ParseText(s.Name, trtSample(s)); err != nil {
			t.Errorf("%v", err)
		}
	}
	for _, tc := range []struct {
		values Values
		want   string
	}{
		{Values{"batching_strategy": "V1", "enable_chunked_context": "true"}, "batching_strategy is V1"}, {Values{"batching_strategy": "V1"}, ""},
		{Values{"batching_strategy": "V1", "batch_scheduler_policy": "max_utilization"}, "batching_strategy is V1"},
		{Values{"cuda_graph_cache_size": "3", "cuda_graph_mode": "false"}, "cuda_graph_mode is false"},
		{Values{"decoding_mode": "beam_search", "max_beam_width": "1"}, "max_beam_width is 1"}, {Values{"decoding_mode": "top_k", "max_beam_width": "4"}, "need beam_search"},
		{Values{TemplateExtra: `{"engine_dir": "x"}`}, "a setting of its own"}, {Values{TemplateExtra: `{"medusa_choices": "x"}`}, ""},
	} {
		if got := k.Refuses(tc.values, ""); tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%v: %q, want %q", tc.values, got, tc.want)
		}
	}
	if _, err := k.Parse(TemplateExtra, `{"medusa_choices": 3}`); err == nil || !strings.Contains(err.Error(), "medusa_choices is none") {
		t.Error(err)
	}
}
