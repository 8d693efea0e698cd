package target

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/experiments/target/pbtxt"
)

// tritonTRTValues are what the templates of testdata need.
func tritonTRTValues() map[string]string {
	return map[string]string{"engine_dir": "/engines/llama", "tokenizer_dir": `/models/"llama"`, "triton_backend": "tensorrtllm", "triton_max_batch_size": "64",
		"decoupled_mode": "true", "max_queue_delay_microseconds": "0", "max_queue_size": "0", "batching_strategy": "inflight_fused_batching",
		"preprocessing_instance_count": "5", "postprocessing_instance_count": "5", "logits_datatype": "TYPE_FP32", "kv_cache_free_gpu_mem_fraction": "0.5"}
}

func readTestTemplates(t testing.TB) templates {
	t.Helper()
	all, err := readTemplates(filepath.Join("testdata", "trtllm", "templates"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Filled in, the configurations are Triton's: what is given is at its place, what is not stays a place in quotes.
func TestFillTemplates(t *testing.T) {
	all := readTestTemplates(t)
	if names := slices.Sorted(maps.Keys(all)); !slices.Equal(names, []string{"ensemble/config.pbtxt", "postprocessing/config.pbtxt", "preprocessing/config.pbtxt", "tensorrt_llm/config.pbtxt"}) {
		t.Fatal(names)
	}
	filled, err := all.fill(tritonTRTValues())
	if err != nil {
		t.Fatal(err)
	}
	m, err := pbtxt.Parse([]byte(filled["tensorrt_llm/config.pbtxt"]))
	if err != nil {
		t.Fatal(err)
	}
	tree := configText{m}
	for path, want := range map[string]string{
		"backend": `"tensorrtllm"`, "max_batch_size": "64", "model_transaction_policy.decoupled": "true", "dynamic_batching.default_queue_policy.max_queue_size": "0",
		"parameters.value.string_value": `"inflight_fused_batching" "/engines/llama" "${max_tokens_in_paged_kv_cache}" "0.5" "${enable_chunked_context}" "/models/\"llama\""`,
	} {
		if got := strings.Join(tree.scalars(strings.Split(path, ".")...), " "); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if !strings.Contains(filled["tensorrt_llm/config.pbtxt"], "# ${comments} stay") {
		t.Error("a comment has changed")
	}
}

// What lacks a value is named with file and line, and so is a value that has no place.
func TestFillErrors(t *testing.T) {
	values := tritonTRTValues()
	delete(values, "engine_dir")
	delete(values, "max_queue_size")
	delete(values, "logits_datatype")
	values["bls_instance_count"] = "3"
	_, err := readTestTemplates(t).fill(values)
	if err == nil {
		t.Fatal("filled")
	}
	for _, want := range []string{
		"preprocessing/config.pbtxt:10: ${max_queue_size} has no value: write settings = { max_queue_size = 0 } for none", "${engine_dir} has no value: write settings = { engine_dir = ... }",
		"ensemble/config.pbtxt:10: ${logits_datatype} has no value", "bls_instance_count is given, and no config.pbtxt has a place ${bls_instance_count}",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
	if _, err := (templates{"m/config.pbtxt": "count: ${brand_new}"}).fill(nil); err == nil || !strings.Contains(err.Error(), `template = '{"brand_new": "..."}'`) {
		t.Error(err)
	}
	if _, err := (templates{"m/config.pbtxt": "count: ${count}"}).fill(map[string]string{"count": "{"}); err == nil || !strings.Contains(err.Error(), "m/config.pbtxt, filled in") {
		t.Error(err)
	}
	if _, err := readTemplates(t.TempDir()); err == nil || !strings.Contains(err.Error(), "has no model configurations") {
		t.Error(err)
	}
}

// Every place of the templates of testdata has a setting.
func TestPlacesHaveSettings(t *testing.T) {
	k, _ := system.Named("triton-trtllm")
	n := 0
	for file, text := range readTestTemplates(t) {
		for _, p := range places(text) {
			n++
			if _, ok := k.Setting(p.name); !ok {
				t.Errorf("%s:%d: %s has no setting", file, p.line, p.name)
			}
		}
	}
	if n < 15 {
		t.Errorf("only %d places", n)
	}
}

// The repository has the filled configurations and the rest of the templates', and an ensemble its empty version.
func TestWriteTemplates(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "repository")
	for path, text := range map[string]string{"ensemble/config.pbtxt": "name: \"ensemble\"", "tensorrt_llm/config.pbtxt": "backend: \"${triton_backend}\"", "tensorrt_llm/1/model.py": "x"} {
		path = filepath.Join(from, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	all, err := readTemplates(from)
	if err != nil {
		t.Fatal(err)
	}
	filled, err := all.fill(map[string]string{"triton_backend": "python"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a trial that is run again writes again
		if err := filled.write(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{"tensorrt_llm/config.pbtxt": `backend: "python"`, "tensorrt_llm/1/model.py": "x"} {
		if raw, err := os.ReadFile(filepath.Join(to, filepath.FromSlash(path))); err != nil || string(raw) != want {
			t.Errorf("%s: %q, %v", path, raw, err)
		}
	}
	if info, err := os.Stat(filepath.Join(to, "ensemble", "1")); err != nil || !info.IsDir() {
		t.Error(err)
	}
	if raw, _ := os.ReadFile(filepath.Join(from, "tensorrt_llm", "config.pbtxt")); string(raw) != `backend: "${triton_backend}"` {
		t.Errorf("the template has changed: %s", raw)
	}
}

// Places lie in order, apart from each other, and are what they say; filling without values changes nothing.
func FuzzPlaces(f *testing.F) {
	for _, text := range readTestTemplates(f) {
		f.Add(text)
	}
	f.Add("a: \"x\\\"${b}\" # ${c}\n${d}${e}\"${f")
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		values := map[string]string{}
		for _, p := range places(text) {
			if p.from < at || text[p.from:p.to] != "${"+p.name+"}" || p.line != 1+strings.Count(text[:p.from], "\n") {
				t.Fatalf("%+v", p)
			}
			at = p.to
			values[p.name] = "${" + p.name + "}"
		}
		if len(values) == 0 {
			return
		}
		if filled, err := (templates{"m/config.pbtxt": text}).fill(values); err == nil && filled["m/config.pbtxt"] != text {
			t.Fatalf("%q", filled)
		}
	})
}
