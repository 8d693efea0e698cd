package target

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/system"
)

// publishedConfig has the shape of the published one: nothing of batches, and nothing of decoupled responses.
const publishedConfig = `name: "tensorrt_llm"
backend: "python"
instance_group [ { count: 1 kind: KIND_CPU } ]
input [
  { name: "text_input" data_type: TYPE_STRING dims: [ -1 ] },
  { name: "streaming" data_type: TYPE_BOOL dims: [ 1 ] optional: true },
  { name: "sampling_param_max_tokens" data_type: TYPE_INT32 dims: [ 1 ] optional: true }
]
output [ { name: "text_output" data_type: TYPE_STRING dims: [ -1 ] } ]
`

// llmapiLaunch is of the scripted server, over a folder that stands for the published model.
func llmapiLaunch(t *testing.T, dialect string, v system.Values) Launch {
	t.Helper()
	k, ok := system.Named("triton-llmapi")
	if !ok {
		t.Fatal("no system triton-llmapi")
	}
	dir := filepath.Join(t.TempDir(), "tensorrt_llm")
	writeFiles(t, dir, map[string]string{configFile: publishedConfig, "1/model.py": "# computes nothing\n", "1/helpers.py": "# helps nobody\n", "1/model.yaml": "model: other\n"})
	v[system.PythonModel] = dir
	return Launch{Kind: k, Values: v, Model: "/models/llama", Served: "llama", Command: fake("triton", "serves"), Dir: filepath.Join(t.TempDir(), "trial"), Dialect: dialect}
}

// The arguments of the LLM API are those that trtllm-serve gets by flags and by file, and the model, and what Triton is told.
func TestLLMAPIDocument(t *testing.T) {
	l := llmapiLaunch(t, "triton-llmapi-stream", system.Values{"backend": "pytorch", "tp_size": "8", "ep_size": "8", "max_seq_len": "4096", "max_num_tokens": "8192",
		"kv_cache_free_gpu_memory_fraction": "0.7", "enable_block_reuse": "false", "speculative_config": `{"decoding_type": "Eagle3", "max_draft_len": 3, "speculative_model": "/models/draft"}`,
		"llm_args": `{"kv_cache_config": {"sink_token_length": 4}}`})
	const want = `backend: pytorch
kv_cache_config:
  enable_block_reuse: false
  free_gpu_memory_fraction: 0.7
  sink_token_length: 4
max_num_tokens: 8192
max_seq_len: 4096
model: "/models/llama"
moe_expert_parallel_size: 8
speculative_config:
  decoding_type: Eagle3
  max_draft_len: 3
  speculative_model: "/models/draft"
tensor_parallel_size: 8
triton_config:
  decoupled: true
  max_batch_size: 0
`
	if got, err := llmapiDocument(l); err != nil || got != want {
		t.Errorf("%v:\n%s\nwant\n%s", err, got, want)
	}
}

// A trial's server loads a copy of the published model, with arguments of the trial's, and as a decoupled one where the dialect
// streams; over gRPC it is asked at the port of that. What is published stays as it is.
func TestLLMAPI(t *testing.T) {
	for dialect, decoupled := range map[string]string{"": "true", "triton-llmapi-stream": "true", "triton-llmapi-grpc": "true", "triton-llmapi": "false"} {
		l := llmapiLaunch(t, dialect, system.Values{"max_batch_size": "16"})
		l.Client = tritonLaunch(t, "serves", "", nil).Client
		var log safe
		x, err := begun(t, l, &log)
		if err != nil {
			t.Fatalf("%v: %s", err, log.String())
		}
		made := filepath.Join(l.Dir, "models", "llama")
		config, errConfig := os.ReadFile(filepath.Join(made, configFile))
		yaml, errYAML := os.ReadFile(filepath.Join(made, "1", llmapiFile))
		if _, err := os.Stat(filepath.Join(made, "1", "helpers.py")); err != nil || errConfig != nil || errYAML != nil {
			t.Fatal(err, errConfig, errYAML)
		}
		if text := string(config); !strings.Contains(text, "model_transaction_policy {\n  decoupled: "+decoupled+"\n}") || !strings.Contains(text, "max_batch_size: 0\n") || !strings.Contains(text, `name: "llama"`) {
			t.Errorf("%s: %s", dialect, text)
		}
		if want := "max_batch_size: 16\nmodel: \"/models/llama\"\ntriton_config:\n  decoupled: " + decoupled + "\n  max_batch_size: 0\n"; string(yaml) != want {
			t.Errorf("%s: %s, want %s", dialect, yaml, want)
		}
		ports := x.(*tritonTRT).Target.(*triton).ports
		if port := map[bool]string{true: ports.grpc, false: ports.http}[strings.HasSuffix(dialect, "-grpc")]; x.URL() != localhost+port {
			t.Errorf("%s is asked at %s, and the ports are %+v", dialect, x.URL(), ports)
		}
		if version, err := x.(Prober).Version(t.Context()); version != "2.51.0" {
			t.Errorf("version %q, %v", version, err)
		}
		if err := x.Stop(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadFile(filepath.Join(l.Values[system.PythonModel], "1", llmapiFile)); err != nil || string(left) != "model: other\n" {
			t.Errorf("the published file is %q, %v", left, err)
		}
	}
}

// What keeps it from starting is named, with what to do, and nothing is written over what is linked.
func TestLLMAPIRefused(t *testing.T) {
	check := func(l Launch) error {
		x, err := New(l)
		if err != nil {
			return err
		}
		return x.Check(t.Context())
	}
	refused := func(l Launch, want string) {
		t.Helper()
		if err := check(l); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	refused(llmapiLaunch(t, "", system.Values{"backend": "tensorrt"}), "triton-trtllm does")
	refused(llmapiLaunch(t, "", system.Values{"llm_args": `{"triton_config": {"decoupled": false}}`}), "the dialect says what is streamed")
	refused(llmapiLaunch(t, "", system.Values{"llm_args": `{"tensor_parallel_size": 2}`}), "write tp_size")

	l := llmapiLaunch(t, "", system.Values{})
	delete(l.Values, system.PythonModel)
	refused(l, system.PublishedModel+" has no config.pbtxt: write settings = { python_model = ... }")

	linked := llmapiLaunch(t, "", system.Values{})
	version := filepath.Join(linked.Values[system.PythonModel], "1")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Rename(version, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, version); err != nil {
		t.Fatal(err)
	}
	refused(linked, "is a link, expected the folder itself")

	t.Setenv(llmapiVariable, "/etc/llm.yaml")
	refused(llmapiLaunch(t, "", system.Values{}), "LLM_CONFIG_PATH=/etc/llm.yaml, from which the model would read")
}

// What is missing is said without a start: the published model, the model, and what runs both.
func TestLLMAPIProbe(t *testing.T) {
	l := llmapiLaunch(t, "", system.Values{})
	delete(l.Values, system.PythonModel)
	l.Command = []string{"no-such-tritonserver"}
	f := Probe(t.Context(), l)
	missing := strings.Join(f.Missing, "\n")
	for _, want := range []string{"no-such-tritonserver", system.PublishedModel + " has no config.pbtxt", "the model: stat /models/llama"} {
		if !strings.Contains(missing, want) {
			t.Errorf("%s: no %q", missing, want)
		}
	}
	if notes := strings.Join(f.Notes, "\n"); !strings.Contains(notes, filepath.Join(l.Dir, "filled")) || !strings.Contains(notes, "the version is Triton's") {
		t.Error(notes)
	}
	if would := strings.Join(f.Would, " "); !strings.HasPrefix(would, "no-such-tritonserver --model-repository="+filepath.Join(l.Dir, "models")) {
		t.Error(would)
	}
}
