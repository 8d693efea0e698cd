package simulate

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recorded unpacks testdata/run: the first 24 requests or more of four trials that were measured, cut where the engine was idle, with
// their time in the engine counted anew.
func recorded(t *testing.T) string {
	t.Helper()
	dir, from := t.TempDir(), filepath.Join("testdata", "run")
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, strings.TrimSuffix(path, ".gz"))
		if err != nil {
			return err
		}
		return unpack(path, filepath.Join(dir, name))
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func unpack(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}

// Trials that were measured are predicted by a model fitted to the others. With the trial's own steps, that is within bounds that a
// wrong scheduler, a wrong length or a lost term exceeds. Without, it is as far off as the machine was in that trial: of figures that
// hang on few steps, what was measured is within the prediction's interval.
func TestRecordedTrialsArePredicted(t *testing.T) {
	l, err := Open(recorded(t))
	if err != nil {
		t.Fatal(err)
	}
	v, err := l.Validate("", 1)
	if err != nil || len(v.Skipped) > 0 || len(v.Pooled) > 0 {
		t.Fatalf("skipped %v, pooled %v: %v", v.Skipped, v.Pooled, err)
	}
	own := map[string]float64{"throughput": .05, "ttft_p50": .3, "itl_p50": .1, "e2e_p50": .3}
	heldOut := map[string]float64{"ttft_p50": .4, "itl_p50": .35, "e2e_p50": .4}
	seen := 0
	for _, c := range v.Cells {
		if !c.HeldOut {
			t.Errorf("trial %s was fitted to itself", c.Trials)
		}
		for _, m := range c.Metrics {
			bound, ok := own[m.Metric]
			if !ok {
				continue
			}
			seen++
			if off := math.Abs(m.OwnRelative()); off > bound {
				t.Errorf("trial %s: %s is off by %.3f with its own steps, more than %v", c.Trials, m.Metric, off, bound)
			}
			if bound, ok := heldOut[m.Metric]; ok && math.Abs(m.Relative()) > bound {
				t.Errorf("trial %s: %s is off by %.3f, more than %v", c.Trials, m.Metric, m.Relative(), bound)
			}
			if m.Metric != "itl_p50" && (m.Measured < m.Least || m.Measured > m.Most || m.Most > 2.5*m.Least) {
				t.Errorf("trial %s: %s was %.4g, and is predicted as %.4g to %.4g", c.Trials, m.Metric, m.Measured, m.Least, m.Most)
			}
		}
	}
	if seen < 4*len(own) {
		t.Errorf("only %d figures were compared", seen)
	}
}

// A cell of two trials is predicted once more as one, by what trials of other cells tell: by nothing of either.
func TestCellsArePooled(t *testing.T) {
	dir := recorded(t)
	const first, second = "91d831dc8c56", "0123456789ab"
	repeatTrial(t, dir, first, second)
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	v, err := l.Validate("", 1)
	if err != nil || len(v.Cells) != 5 || len(v.Pooled) != 1 || len(v.PooledErrors) < 5 {
		t.Fatalf("%+v, %v", v, err)
	}
	c := v.Pooled[0]
	if !c.HeldOut || !slices.Equal(c.Trials, []string{first, second}) || math.Abs(c.Occupancy-l.trials[first].seen.Occupancy) > 1e-9 {
		t.Errorf("%+v", c)
	}
	for _, x := range v.Cells {
		if x.Trials[0] != first {
			continue
		}
		for i, m := range x.Metrics { // what was measured twice is what it was; the prediction knows less
			if p := c.Metrics[i]; p.Measured != m.Measured || math.Abs(p.Own/m.Own-1) > .2 || p.Metric == "ttft_p50" && p.Most-p.Least >= m.Most-m.Least {
				t.Errorf("%+v pooled, of one %+v", p, m)
			}
		}
	}
}

// repeatTrial copies a trial of a run as its next repetition.
func repeatTrial(t *testing.T, dir, from, to string) {
	t.Helper()
	if err := os.CopyFS(filepath.Join(dir, "trials", to), os.DirFS(filepath.Join(dir, "trials", from))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "trials", to, "record.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r map[string]any
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	key := r["key"].(map[string]any)
	key["id"], key["repetition"], r["order"] = to, 1, 100
	if text, err = json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A run without step traces, and an arm that it does not have, are named.
func TestLabSaysWhatIsMissing(t *testing.T) {
	dir := recorded(t)
	if _, err := LoadArm(dir, "quick", 1); err == nil || !strings.Contains(err.Error(), `"quick"`) {
		t.Errorf("%v", err)
	}
	traces, err := filepath.Glob(filepath.Join(dir, "trials", "*", "steps.jsonl"))
	if err != nil || len(traces) == 0 {
		t.Fatal(err)
	}
	for _, path := range traces {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "trace_steps = true") {
		t.Errorf("%v", err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("an empty directory is a run")
	}
}
