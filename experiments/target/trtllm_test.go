//go:build unix

package target

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/system"
)

func init() { fakes["trtllm-serve"] = fakeTRT }

func trtLaunch(t testing.TB, v system.Values) Launch {
	t.Helper()
	k, ok := system.Named("trtllm")
	if !ok {
		t.Fatal("no system trtllm")
	}
	for name, value := range v {
		if _, err := k.ParseText(name, value); err != nil {
			t.Fatal(err)
		}
	}
	return Launch{Kind: k, Values: v, Model: "models/llama", Served: "llama", Dir: "deployment", Client: &http.Client{}}
}

// The options of NVIDIA's own guide to benchmarking, as this package writes them: the same values at the same places.
func TestTRTDocument(t *testing.T) {
	for _, tc := range []struct {
		values     system.Values
		file, args string
	}{
		{system.Values{"enable_attention_dp": "false", "cuda_graph_padding": "true", "cuda_graph_max_batch_size": "1024", "kv_cache_dtype": "fp8",
			"llm_args": `{"print_iter_log": true}`, "max_batch_size": "1024", "max_num_tokens": "2048", "max_seq_len": "1024",
			"kv_cache_free_gpu_memory_fraction": "0.9", "tp_size": "1", "ep_size": "1"},
			`cuda_graph_config:
  enable_padding: true
  max_batch_size: 1024
enable_attention_dp: false
enable_iter_perf_stats: true
kv_cache_config:
  dtype: fp8
  free_gpu_memory_fraction: 0.9
print_iter_log: true
`, "trtllm-serve models/llama --host 127.0.0.1 --port PORT --max_batch_size 1024 --max_num_tokens 2048 --max_seq_len 1024 --tp_size 1 --ep_size 1 --extra_llm_api_options deployment/trtllm.yaml"},
		{system.Values{"cuda_graph": "false", "enable_iter_perf_stats": "false", "capacity_scheduler_policy": "MAX_UTILIZATION", "enable_chunked_prefill": "true",
			"speculative_config": `{"decoding_type": "Eagle3", "max_draft_len": 3, "speculative_model_dir": "/models/my draft"}`, "dtype": "auto", "backend": "pytorch"},
			`cuda_graph_config: null
dtype: auto
enable_chunked_prefill: true
enable_iter_perf_stats: false
scheduler_config:
  capacity_scheduler_policy: MAX_UTILIZATION
speculative_config:
  decoding_type: Eagle3
  max_draft_len: 3
  speculative_model_dir: "/models/my draft"
`, "trtllm-serve models/llama --host 127.0.0.1 --port PORT --backend pytorch --extra_llm_api_options deployment/trtllm.yaml"},
	} {
		l := trtLaunch(t, tc.values)
		if got, err := trtDocument(l); err != nil || got != tc.file {
			t.Errorf("%v:\n%s\nwant\n%s", err, got, tc.file)
		}
		if got := strings.Join(l.CommandLine(), " "); got != tc.args {
			t.Errorf("%s\nwant\n%s", got, tc.args)
		}
	}
}

// Words that YAML takes for something else are quoted; everything that is not a plain word is JSON.
func TestYAMLScalars(t *testing.T) {
	for v, want := range map[any]string{"fp8": "fp8", "no": `"no"`, "True": `"True"`, "1e3": `"1e3"`, "a: b": `"a: b"`, "": `""`, "nan": `"nan"`, "é": `"é"`, "a\nb": `"a\nb"`,
		true: "true", nil: "null", json.Number("0.5"): "0.5", json.Number("1e-5"): "0.00001", json.Number("2E3"): "2000"} {
		if got, err := yamlScalar(v); err != nil || got != want {
			t.Errorf("%v: %s, %v, want %s", v, got, err, want)
		}
	}
	if got, err := yamlDocument(map[string]any{"a": []any{json.Number("1e0"), "x"}, "b": map[string]any{}, "c": map[string]any{"d": map[string]any{"e": "f"}}}); err != nil || got != "a: [1,\"x\"]\nb: {}\nc:\n  d:\n    e: f\n" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := yamlDocument(map[string]any{"a": math.NaN()}); err == nil {
		t.Error("a number that is none is written")
	}
}

// Statistics in the shape of the documentation, added up by hand.
func TestTRTSteps(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "trtllm", "metrics.json"))
	if err != nil {
		t.Fatal(err)
	}
	steps, err := readTRTSteps(raw)
	if err != nil || len(steps) != 3 {
		t.Fatal(steps, err)
	}
	var totals trtTotals
	before := totals.stats()
	if len(before.Known) != 0 || before.Known == nil {
		t.Errorf("nothing has been said, and known are %v", before.Known)
	}
	totals.add(steps[:1])
	totals.add(steps[1:])
	s := totals.stats()
	if s.Steps != 3 || s.Preemptions != 1 || s.PeakRunning != 3 || s.DraftTokens != 12 || s.AcceptedTokens != 7 {
		t.Errorf("%+v", s.Stats)
	}
	if want := []string{"steps", "preemptions", "peak_running", "draft_tokens", "accepted_tokens"}; !slices.Equal(s.Known, want) {
		t.Errorf("known are %v, want %v", s.Known, want)
	}
	var got []string
	for _, m := range trtReport(before, s) {
		got = append(got, m.Name+": "+m.Value)
	}
	want := []string{"iterations: 3", "iterations without statistics: 2: sums over iterations are too low", "iteration latency, mean: 7.33 ms", "requests completed: 2",
		"requests queued, mean of iterations: 2.33", "requests queued, most since the start: 5", "requests in an iteration, mean: 2.33", "prompt tokens computed: 136",
		"KV blocks used, most since the start: 6 of 101256, of 32 tokens each", "KV blocks reused: 6 of 3128", "draft tokens accepted: 7 of 12", "GPU memory: 71.4 GiB"}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	if r := trtReport(s, s); r != nil {
		t.Errorf("nothing happened between two readings, and the report is %v", r)
	}
}

// With attention of different requests on different GPUs an iteration has an entry of each: it is one iteration.
func TestTRTRanks(t *testing.T) {
	steps, err := readTRTSteps([]byte(`[{"iter":1,"iterLatencyMS":2,"numCompletedRequests":1},{"iter":1,"attentionDpRank":1,"iterLatencyMS":2,"numCompletedRequests":2},{"iter":2,"iterLatencyMS":4}]`))
	if err != nil {
		t.Fatal(err)
	}
	var totals trtTotals
	totals.add(steps)
	if totals.Steps != 2 || totals.Untold != 0 || totals.Completed != 3 || totals.LatencyMS != 6 {
		t.Errorf("%+v", totals)
	}
	if known := totals.stats().Known; !slices.Equal(known, []string{"steps"}) {
		t.Errorf("of batches nothing is said, and known are %v", known)
	}
}

// What is not a list of iterations is refused, and nothing of it is taken.
func TestTRTStepErrors(t *testing.T) {
	for text, want := range map[string]string{
		"{}": "not a list", "": "not a list", "# HELP x": "not a list", `[{"iter":-1}]`: "iteration 1 of the list: iter is -1", `[{},{"kvCacheStats":{"usedNumBlocks":-2}}]`: "usedNumBlocks is -2",
		`[{"iterLatencyMS":-1}]`: "iterLatencyMS is -1", `[{"numQueuedRequests":9e17}]`: "not a list", `[{"numQueuedRequests":900000000000000000}]`: "cannot be", `["x"]`: "not a list",
	} {
		if _, err := readTRTSteps([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// Totals never fall, whatever a server says, and however its list is cut.
func FuzzTRTSteps(f *testing.F) {
	raw, err := os.ReadFile(filepath.Join("testdata", "trtllm", "metrics.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`[{"iter":5,"kvCacheStats":null},{"iter":2}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		steps, err := readTRTSteps(raw)
		if err != nil {
			return
		}
		var whole, parts trtTotals
		whole.add(steps)
		for i := range steps {
			before := parts
			parts.add(steps[i : i+1])
			for name, v := range parts.samples() {
				if old := before.samples()[name]; v < old && name != trtPerBlk {
					t.Fatalf("%s falls from %v to %v", name, old, v)
				}
			}
		}
		if whole != parts {
			t.Fatalf("%+v in one, %+v in parts", whole, parts)
		}
		_ = trtReport(Stats{}, whole.stats())
	})
}

func TestTRTExport(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "trtllm", "prometheus.txt"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := readTRTExport(string(raw))
	if err != nil || s.PromptTokens != 900 || s.GeneratedTokens != 288 || !slices.Equal(s.Known, []string{"prompt_tokens", "generated_tokens"}) {
		t.Errorf("%+v %v, %v", s.Stats, s.Known, err)
	}
	var got []string
	for _, m := range trtExportReport(Stats{}, s) {
		got = append(got, m.Name+": "+m.Value)
	}
	want := []string{"requests answered: 9", "requests completed in iterations: 9", "prompt tokens: 900", "tokens generated: 288", "time to first token, mean of the server's: 50 ms", "KV blocks reused: 6 of 24"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	bare := strings.ReplaceAll(string(raw), "trtllm_", "") // as version 1.1 has them
	if b, err := readTRTExport(bare); err != nil || !reflect.DeepEqual(b, s) {
		t.Errorf("%+v, %v", b, err)
	}
	if _, err := readTRTExport("<html>"); err == nil {
		t.Error("a page that is none is read")
	}
}

// fakeTRT plays trtllm-serve: MODEL --host H --port P ... --extra_llm_api_options FILE. It is ready a moment later, calls its
// model by the path's last part, and gives each iteration once.
func fakeTRT(args []string) error {
	flags := map[string]string{}
	for i := 1; i+1 < len(args); i += 2 {
		flags[args[i]] = args[i+1]
	}
	options, err := os.ReadFile(flags["--extra_llm_api_options"])
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(args[0], "config.json")); err != nil {
		return err
	}
	fmt.Printf("[TRT-LLM] options %q\n", options)
	began := time.Now()
	var iter atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if time.Since(began) < 20*time.Millisecond {
			http.Error(w, "loading", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"version":"1.2.0"}`) })
	mux.HandleFunc("/v1/models", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"object":"list","data":[{"id":%q,"owned_by":"tensorrt_llm"}]}`, filepath.Base(args[0]))
	})
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		n := iter.Add(1)
		fmt.Fprintf(w, `[{"iter":%d,"iterLatencyMS":1.5,"inflightBatchingStats":{"numScheduledRequests":2,"numPausedRequests":1}}]`, n)
	})
	l, err := net.Listen("tcp", flags["--host"]+":"+flags["--port"])
	if err != nil {
		return err
	}
	return http.Serve(l, mux)
}

// From start to stop: the file of options is there, the model has the name that it shall be served by, each iteration counts once
// whoever fetched it, and the log has what the server said.
func TestTRTLife(t *testing.T) {
	dir := t.TempDir()
	model := filepath.Join(dir, "model")
	if err := os.MkdirAll(model, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(model, "config.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	l := trtLaunch(t, system.Values{"max_batch_size": "4", "enable_block_reuse": "false"})
	l.Command, l.Model, l.Served, l.Dir = fake("trtllm-serve"), model, "the-model", filepath.Join(dir, "trial", "deployment")
	found := Probe(t.Context(), l)
	if len(found.Missing) != 0 || found.Version != "" || !strings.Contains(strings.Join(found.Would, " "), "/the-model --host") {
		t.Errorf("%+v", found)
	}
	target, err := New(l)
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	var log safe
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := target.Start(ctx, &log); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = target.Stop() }()
	if err := target.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	if v, err := target.(Prober).Version(ctx); err != nil || v != "1.2.0" {
		t.Errorf("version %q, %v", v, err)
	}
	before, err := target.Stats(ctx)
	if err != nil {
		t.Fatal(err)
	}
	after, err := target.Stats(ctx)
	if err != nil || after.Steps <= before.Steps || after.Steps != after.Preemptions || after.PeakRunning != 2 || after.Samples[trtUntold] != 0 {
		t.Errorf("%+v, then %+v, %v", before.Stats, after.Stats, err)
	}
	if r := target.(Reporter).Report(before, after); len(r) == 0 {
		t.Error("no report")
	}
	res, err := l.Client.Get(target.URL() + "/v1/models")
	if err != nil {
		t.Fatal(err)
	}
	names, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if !strings.Contains(string(names), `"the-model"`) {
		t.Errorf("%s", names)
	}
	if err := target.Stop(); err != nil {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, `enable_iter_perf_stats: true\nkv_cache_config:\n  enable_block_reuse: false\n`) {
		t.Errorf("%s", text)
	}
}

// What is missing is said with how to get it; what cannot run is not started.
func TestTRTProbe(t *testing.T) {
	l := trtLaunch(t, system.Values{"quantization": "FP8"})
	l.Command, l.Model = []string{"no-such-trtllm-serve"}, filepath.Join(t.TempDir(), "nothing")
	f := Probe(t.Context(), l)
	text := strings.Join(f.Missing, "\n")
	for _, want := range []string{"no-such-trtllm-serve is not in PATH: install", "the model: "} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nlacks %s", text, want)
		}
	}
	if _, err := New(l); err == nil {
		t.Error("settings that cannot run make a target")
	}
	// A package's metadata tell the version, whether the script or the interpreter is named.
	env := t.TempDir()
	for path, text := range map[string]string{"bin/trtllm-serve": "#!/bin/sh\n", "bin/python": "#!/bin/sh\n",
		"lib/python3.12/site-packages/tensorrt_llm-1.1.0.dist-info/METADATA":     "Metadata-Version: 2.1\nName: tensorrt_llm\nVersion: 1.1.0\n\nVersion: 9\n",
		"lib/python3.12/site-packages/tensorrt_llm_other-9.0.dist-info/METADATA": "Metadata-Version: 2.1\n\nVersion: 9.0\n"} {
		path = filepath.Join(env, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range [][]string{{filepath.Join(env, "bin", "trtllm-serve")}, {filepath.Join(env, "bin", "python"), "-m", "tensorrt_llm.commands.serve"}} {
		l := trtLaunch(t, system.Values{"sampler_type": "auto"})
		l.Command, l.Model = command, env
		if f := Probe(t.Context(), l); f.Version != "1.1.0" || f.Executable != command[0] || len(f.Missing) != 0 {
			t.Errorf("%v: %+v", command, f)
		}
	}
}

func TestHasGPU(t *testing.T) {
	dev := t.TempDir()
	if hasGPU(dev) {
		t.Error("a GPU in an empty folder")
	}
	if err := os.WriteFile(filepath.Join(dev, "nvidiactl"), nil, 0o644); err != nil || hasGPU(dev) {
		t.Error("the driver's control device is no GPU")
	}
	if err := os.WriteFile(filepath.Join(dev, "nvidia0"), nil, 0o644); err != nil || !hasGPU(dev) {
		t.Error("no GPU beside nvidia0")
	}
}
