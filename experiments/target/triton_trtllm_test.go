package target

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/promtext"
	"github.com/assaylab/assay/experiments/system"
)

func tritonTRTLaunch(t testing.TB, v system.Values) Launch {
	t.Helper()
	k, ok := system.Named("triton-trtllm")
	if !ok {
		t.Fatal("no system triton-trtllm")
	}
	return Launch{Kind: k, Values: v, Model: filepath.Join("testdata", "trtllm", "templates"), Served: "ensemble", Dir: filepath.Join(t.TempDir(), "deployment"),
		Client: &http.Client{}, Command: []string{"no-such-tritonserver"}}
}

// The backend's metrics are added to Triton's: sums are counters, gauges are words.
func TestTritonTRTMetrics(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "trtllm", "triton.txt"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := promtext.Parse(string(raw))
	if err != nil {
		t.Fatal(err)
	}
	s := Stats{Known: []string{"cpu_ns"}}
	addTRTMetrics(&s, page)
	if s.PromptTokens != 420 || s.GeneratedTokens != 160 || !slices.Equal(s.Known, []string{"cpu_ns", "prompt_tokens", "generated_tokens"}) {
		t.Errorf("%+v %v", s.Stats, s.Known)
	}
	var got []string
	for _, m := range trtGaugeReport(s) {
		got = append(got, m.Name+": "+m.Value)
	}
	if want := []string{"KV blocks used, at the end: 12 of 6239, of 64 tokens each", "requests in the engine, at the end: 2", "GPU memory of the engine's buffers: 1.54 MiB"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	var none Stats
	addTRTMetrics(&none, nil)
	if len(none.Known) != 0 || trtGaugeReport(none) != nil {
		t.Errorf("%+v", none)
	}
}

// The check makes the repository from the templates, before Triton's own looks at it.
func TestTritonTRTCheck(t *testing.T) {
	l := tritonTRTLaunch(t, tritonTRTValues())
	target, err := New(l)
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "no-such-tritonserver") {
		t.Errorf("%v, want only the server to be missing", err)
	}
	raw, err := os.ReadFile(filepath.Join(l.Dir, "filled", "tensorrt_llm", "config.pbtxt"))
	if err != nil || !strings.Contains(string(raw), `string_value: "/engines/llama"`) {
		t.Errorf("%s, %v", raw, err)
	}
	if r, err := openRepository(filepath.Join(l.Dir, "filled"), "ensemble"); err != nil || len(r.models) != 4 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := target.Stop(); err != nil {
		t.Errorf("what was not started cannot be stopped: %v", err)
	}
	l.Served = "assemble"
	other, err := New(l)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "write model = one of ensemble, ") {
		t.Error(err)
	}
	if err := other.Start(t.Context(), nil); err == nil {
		t.Error("it starts without a repository")
	}
}

// What a sweep may still give is a note; a folder without templates is missing.
func TestTritonTRTProbe(t *testing.T) {
	values := tritonTRTValues()
	delete(values, "kv_cache_free_gpu_mem_fraction")
	delete(values, "triton_max_batch_size")
	f := Probe(t.Context(), tritonTRTLaunch(t, values))
	if notes := strings.Join(f.Notes, "\n"); !strings.Contains(notes, "with these settings alone: ensemble/config.pbtxt:4: ${triton_max_batch_size} has no value") {
		t.Error(notes)
	}
	if missing := strings.Join(f.Missing, "\n"); !strings.Contains(missing, "no-such-tritonserver") || strings.Contains(missing, "${") {
		t.Error(missing)
	}
	l := tritonTRTLaunch(t, values)
	l.Model = t.TempDir()
	if f := Probe(t.Context(), l); !strings.Contains(strings.Join(f.Missing, "\n"), "has no model configurations") {
		t.Errorf("%q", f.Missing)
	}
}

// What Triton counts of requests is held against the client's, and is nobody's where nothing has been started.
func TestTritonTRTDiffers(t *testing.T) {
	target, err := New(tritonTRTLaunch(t, tritonTRTValues()))
	if err != nil {
		t.Fatal(err)
	}
	a, ok := target.(Accountant)
	if !ok {
		t.Fatal("it counts requests, and does not say so")
	}
	before, after := Stats{Samples: map[string]float64{tritonRequests: 3}}, Stats{Samples: map[string]float64{tritonRequests: 10}}
	if got := a.Differs(before, after, Seen{Requests: 9, Answered: 9}); got != nil {
		t.Errorf("before there is a server: %q", got)
	}
	target.(*tritonTRT).Target = &triton{}
	if got := a.Differs(before, after, Seen{Requests: 9, Answered: 9}); len(got) != 1 || got[0] != "It counted 7 requests as answered, the client 9 of 9." {
		t.Errorf("%q", got)
	}
	if got := a.Differs(before, after, Seen{Requests: 7, Answered: 7}); got != nil {
		t.Errorf("equal counts: %q", got)
	}
}
