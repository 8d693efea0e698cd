package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/target/vllmtest"
	"github.com/assaylab/assay/experiments/testkit"
)

// asVLLM is the first argument of the test binary where it is to serve as vLLM does.
const asVLLM = "serve-as-vllm"

// besideVLLM writes a scenario with the included engine and targets, whose command is the stand-in, and their models.
func besideVLLM(t *testing.T, targets string, models ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, m := range models {
		if err := os.MkdirAll(filepath.Join(dir, m), 0o755); err != nil {
			t.Fatal(err)
		}
		testkit.WriteFile(t, filepath.Join(dir, m, "config.json"), "{}")
	}
	testkit.WriteFile(t, filepath.Join(dir, "text.txt"), testkit.Corpus(t))
	testkit.WriteFile(t, filepath.Join(dir, "beside.toml"), `name = "beside"
[model]
path = "embedded:gopherling-2m"
[engine]
threads = 1
context = 256
[[load]]
arrival = "constant"
rates = [40]
requests = 12
warmup = 2
prompt_tokens = 16
output_tokens = 8
ignore_eos = true
text = "text.txt"
[run]
confirm = false
[profile]
cpu = false
`+strings.ReplaceAll(targets, "COMMAND", fmt.Sprintf("[%q, %q, \"serve\"]", os.Args[0], asVLLM)))
	return dir
}

// TestBesideVLLM: vLLM's arms stand beside the engine's in one run, with what the server said of itself. What dies at its start, what
// is never ready, and what dies in the middle of a trial are failed trials with their reasons; the others go on, and nothing is left
// behind.
func TestBesideVLLM(t *testing.T) {
	t.Parallel()
	testkit.NeedProc(t)
	dir := besideVLLM(t, `
[[target]]
system = "vllm"
path = "model"
command = COMMAND
[target.sweep]
mode = "one-at-a-time"
[target.sweep.axes]
max_num_seqs = [4]
block_size = [16]
[[target]]
name = "late"
system = "vllm"
path = "`+vllmtest.DiesLate+`"
command = COMMAND
[[target]]
name = "never"
system = "vllm"
path = "`+vllmtest.NeverReady+`"
command = COMMAND
ready_timeout = "1s"
`, "model", vllmtest.DiesLate, vllmtest.NeverReady)
	p := testkit.Start(t, dir, "run", "beside.toml", "--out", "run")
	if r := p.Wait(); r.Code == exitUsage || r.Code == exitEnvironment {
		t.Fatalf("exit code %d\n%s", r.Code, r.Stderr)
	}
	noOrphans(t, p)
	set := readSet(t, filepath.Join(dir, "run"))
	outcome := map[string]string{}
	for _, rec := range set.Trials {
		arm := armOf(t, set, rec.Key.Arm)
		outcome[arm.Name] = rec.Reason
		if arm.Deployment == nil || rec.Status == record.StatusFailed {
			continue
		}
		s := rec.Server
		if s == nil || s.Version != vllmtest.Version || !rec.Knows("generated_tokens") || rec.Knows("busy_ns") || rec.Engine.GeneratedTokens != 12*8 || len(s.Metrics) == 0 {
			t.Errorf("%s: %+v, %d tokens", arm.Name, s, rec.Engine.GeneratedTokens)
		}
		if slices.ContainsFunc(s.Differs, func(d string) bool { return strings.Contains(d, "generated") }) {
			t.Errorf("%s: its answers and its counters differ: %v", arm.Name, s.Differs)
		}
	}
	if len(outcome) != 6 {
		t.Errorf("%d arms: %v", len(outcome), outcome)
	}
	for name, reason := range outcome {
		want := ""
		switch {
		case strings.Contains(name, "never"):
			want = "not ready after 1s (ready_timeout); the last answer: GET /health: 503"
		case strings.Contains(name, "late"):
			want = "the third answer was too much"
		case strings.Contains(name, "block size"):
			want = "ValueError"
		}
		if want == "" && reason != "" || !strings.Contains(reason, want) {
			t.Errorf("%s: %q, want %q", name, reason, want)
		}
	}
}

func armOf(t *testing.T, set *record.Set, id string) record.Arm {
	t.Helper()
	i := slices.IndexFunc(set.Run.Arms, func(a record.Arm) bool { return a.ID == id })
	if i < 0 {
		t.Fatalf("no arm %s", id)
	}
	return set.Run.Arms[i]
}

// TestKilledBesideVLLM: kill -9 of the lab in the middle of a start leaves no server behind.
func TestKilledBesideVLLM(t *testing.T) {
	t.Parallel()
	testkit.NeedProc(t)
	dir := besideVLLM(t, "[[target]]\nsystem = \"vllm\"\npath = \""+vllmtest.NeverReady+"\"\ncommand = COMMAND\n", vllmtest.NeverReady)
	p := testkit.Start(t, dir, "run", "beside.toml", "--out", "run")
	serving := func() bool {
		return slices.ContainsFunc(p.Descendants(), func(c testkit.Child) bool { return len(c.Args) > 1 && c.Args[1] == asVLLM })
	}
	testkit.Eventually(t, "the start of vLLM", serving)
	p.Kill()
	testkit.Eventually(t, "the end of all that it started", func() bool { return len(p.Descendants()) == 0 })
}
