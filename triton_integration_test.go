//go:build triton

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/experiments/testkit"
)

// tritonEnv has the server, and PyTriton.
var tritonEnv = pythonEnv{name: "pytriton-0.7.0", packages: []string{"nvidia-pytriton==0.7.0"}}

// tritonSets are the arguments that name the environment's Python as the command of so many targets from one on.
func tritonSets(python string, from, n int) (args []string) {
	for i := range n {
		args = append(args, commandOf(from+i, python)...)
	}
	return args
}

// tritonPython is the environment's, with the binary in PATH, which the streaming model starts.
func tritonPython(t *testing.T) string {
	t.Helper()
	t.Setenv("PATH", filepath.Dir(testkit.Assay(t))+string(os.PathListSeparator)+os.Getenv("PATH"))
	return filepath.Join(tritonEnv.install(t), "python")
}

// TestIntegrationTriton runs scenarios/triton.toml against the real server, adjusts a server that is there, and has models that
// cannot be loaded. The run with its report is left in runs/integration-triton.
func TestIntegrationTriton(t *testing.T) {
	python := tritonPython(t)
	t.Run("started", func(t *testing.T) {
		dir, set := swept(t, "integration-triton", "triton.toml", tritonSets(python, 0, 4)...)
		tritonSwept(t, dir, set)
	})
	tritonOtherwise(t, python)
}

// tritonOtherwise has Triton in ways that no scenario file is of: as a server that is there, and with a model that cannot be loaded.
func tritonOtherwise(t *testing.T, python string) {
	t.Run("there", func(t *testing.T) { tritonThere(t, python, filepath.Join(t.TempDir(), "run")) })
	t.Run("broken", func(t *testing.T) { tritonBroken(t, python) })
}

// tritonSwept holds a run's trials of Triton to what any must be, and what the batcher did against what it was told to do.
func tritonSwept(t *testing.T, dir string, set *record.Set) {
	t.Helper()
	finished(t, set, "triton", checkTriton)
	// With two clients a batch never gets to four, and all of the delay is waited for: that is what it costs. With eight it makes
	// batches of all eight: that is what it is for.
	short, long := tritonCell(t, set, "batch", "none", "0", 2), tritonCell(t, set, "batch", "none", "20000", 2)
	if wait := milliseconds(t, long, "mean time in the queue"); wait < 15 || told(t, long, "mean batch size") <= told(t, short, "mean batch size") {
		t.Errorf("two clients wait %.3g ms for a batch that cannot fill up in 20 ms, and make batches of %.3g", wait, told(t, long, "mean batch size"))
	}
	wide := tritonCell(t, set, "batch", "none", "20000", 8)
	if size := told(t, wide, "mean batch size"); size < 7 || size < told(t, tritonCell(t, set, "batch", "4", "20000", 8), "mean batch size") {
		t.Errorf("eight clients and 20 ms make batches of %.3g", size)
	}
	if size := told(t, tritonCell(t, set, "batch", "4", "20000", 8), "mean batch size"); size < 3 || size > 5 {
		t.Errorf("with a preferred size of 4 the batches are of %.3g", size)
	}
	shown(t, dir, "mean batch size")
}

// checkTriton holds a trial to what any of the run must be.
func checkTriton(t *testing.T, arm record.Arm, trial *record.Trial) {
	t.Helper()
	name := arm.Name
	switch {
	case trial.Server == nil || trial.Server.Version == "" || !trial.Knows("steps") || trial.Knows("prompt_tokens"):
		t.Errorf("%s: the server is not heard: %+v", name, trial.Server)
	case len(trial.Server.Differs) > 0:
		t.Errorf("%s: %q", name, trial.Server.Differs)
	case trial.Knows("running_ns") != (arm.Deployment.Dialect == "kserve"): // the others are of a decoupled model
		t.Errorf("%s: how long requests were there is known: %v", name, trial.Knows("running_ns"))
	case told(t, trial, "requests answered") != float64(trial.Issued):
		t.Errorf("%s: %d issued, %+v", name, trial.Issued, trial.Server.Metrics)
	case trial.Engine.CPUNS == 0 || trial.Engine.PeakRSSBytes < 10<<20:
		t.Errorf("%s: the server took %d ns and %d bytes", name, trial.Engine.CPUNS, trial.Engine.PeakRSSBytes)
	}
}

// tritonCell is the trial of an arm at a number of clients.
func tritonCell(t *testing.T, set *record.Set, name, preferred, delay string, clients int) *record.Trial {
	t.Helper()
	arm := slices.IndexFunc(set.Run.Arms, func(a record.Arm) bool {
		return a.Deployment != nil && a.Deployment.Target == name && slices.Contains(a.Settings, record.Setting{Name: "preferred_batch_sizes", Value: preferred}) &&
			slices.Contains(a.Settings, record.Setting{Name: "max_queue_delay_us", Value: delay})
	})
	load := slices.IndexFunc(set.Run.Loads, func(l record.Load) bool { return l.Concurrency == clients })
	if arm < 0 || load < 0 {
		t.Fatalf("no arm %s %s %s at %d", name, preferred, delay, clients)
	}
	at := slices.IndexFunc(set.Trials, func(x record.Trial) bool {
		return x.Key.Arm == set.Run.Arms[arm].ID && x.Key.Load == set.Run.Loads[load].ID
	})
	if at < 0 {
		t.Fatalf("no trial of %s %s %s at %d", name, preferred, delay, clients)
	}
	return &set.Trials[at]
}

// told is a figure of a server without its unit.
func told(t *testing.T, trial *record.Trial, name string) float64 {
	t.Helper()
	for _, m := range trial.Server.Metrics {
		if m.Name == name {
			number, _, _ := strings.Cut(m.Value, " ")
			x, err := strconv.ParseFloat(number, 64)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
	}
	t.Fatalf("no %s in %+v", name, trial.Server.Metrics)
	return 0
}

// milliseconds is told for a figure that has to have that unit.
func milliseconds(t *testing.T, trial *record.Trial, name string) float64 {
	t.Helper()
	for _, m := range trial.Server.Metrics {
		if m.Name == name && !strings.HasSuffix(m.Value, " ms") {
			t.Fatalf("%s is %q", name, m.Value)
		}
	}
	return told(t, trial, name)
}

// startTriton starts a server with the classic model, as one that somebody else runs.
func startTriton(t *testing.T, python string) string {
	t.Helper()
	k, _ := system.Named("triton")
	model, err := filepath.Abs(filepath.Join("scenarios", "triton", "batch"))
	if err != nil {
		t.Fatal(err)
	}
	x, err := target.New(target.Launch{Kind: k, Model: model, Served: "batch", Command: []string{python}, Dir: t.TempDir(), Client: &http.Client{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := x.Start(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := x.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return x.URL()
}

// tritonThere sweeps the settings of a server that is there, and finds it afterwards as it was.
func tritonThere(t *testing.T, python, dir string) {
	url := startTriton(t, python)
	_, before := httpGet(t, url+"/v2/models/batch/config")
	files := t.TempDir()
	testkit.WriteFile(t, filepath.Join(files, "text.txt"), testkit.Corpus(t))
	file := testkit.WriteFile(t, filepath.Join(files, "there.toml"), fmt.Sprintf(`name = "there"
[model]
path = "embedded:gopherling-7m"
[[target]]
name = "there"
system = "triton"
url = %q
model = "batch"
dialect = "kserve"
[target.sweep]
mode = "one-at-a-time"
[target.sweep.axes]
max_batch_size = [4, 8]
instance_count = [2]
[[load]]
arrival = "closed"
concurrencies = [8]
requests = 60
prompt_tokens = 32
output_tokens = 8
text = "text.txt"
[run]
confirm = false
`, url))
	r := testkit.Run(t, ".", "run", file, "--out", dir)
	if r.Code != 0 && r.Code != 1 && r.Code != 3 {
		t.Fatal(r.Code, r.Stdout, r.Stderr)
	}
	set, err := record.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range set.Trials {
		trial := &set.Trials[i]
		if trial.Status != record.StatusOK || trial.Server == nil || len(trial.Server.Differs) > 0 {
			t.Errorf("%s: %+v", trial.Reason, trial.Server)
		}
	}
	if len(set.Trials) != 4 {
		t.Errorf("%d trials", len(set.Trials))
	}
	if _, after := httpGet(t, url+"/v2/models/batch/config"); after != before {
		t.Errorf("it is left with %s, and was %s", after, before)
	}
}

// tritonBroken has models that cannot be, and finds each with its reason while the rest of the sweep goes on.
func tritonBroken(t *testing.T, python string) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "broken", "1"), 0o755); err != nil {
		t.Fatal(err)
	}
	testkit.WriteFile(t, filepath.Join(dir, "broken", "1", "model.py"), "import nothing_of_this_name\n")
	testkit.WriteFile(t, filepath.Join(dir, "broken", "config.pbtxt"), "backend: \"python\" max_batch_size: 4\n")
	fine, err := filepath.Abs(filepath.Join("scenarios", "triton", "batch"))
	if err != nil {
		t.Fatal(err)
	}
	testkit.WriteFile(t, filepath.Join(dir, "text.txt"), testkit.Corpus(t))
	file := testkit.WriteFile(t, filepath.Join(dir, "broken.toml"), fmt.Sprintf(`name = "broken"
[model]
path = "embedded:gopherling-7m"
[[target]]
name = "broken"
system = "triton"
path = "broken"
dialect = "kserve"
[[target]]
name = "fine"
system = "triton"
path = %q
dialect = "kserve"
[[load]]
arrival = "closed"
concurrencies = [2]
requests = 20
prompt_tokens = 32
output_tokens = 8
text = "text.txt"
[run]
confirm = false
`, fine))
	r := testkit.Run(t, dir, slices.Concat([]string{"run", file, "--out", filepath.Join(dir, "out")}, tritonSets(python, 0, 2))...)
	set, err := record.Read(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err, r.Stderr)
	}
	for i := range set.Trials {
		trial := &set.Trials[i]
		broken := strings.Contains(trial.Reason, "No module named 'nothing_of_this_name'")
		if broken != (trial.Status == record.StatusFailed) {
			t.Errorf("%s: %s", trial.Status, trial.Reason)
		}
	}
	if len(set.Trials) != 2 || set.Trials[0].Status == set.Trials[1].Status {
		t.Errorf("%d trials: %s", len(set.Trials), r.Stderr)
	}
}
