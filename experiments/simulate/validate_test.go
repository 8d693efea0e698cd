package simulate

import (
	"compress/gzip"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
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

// Trials that were measured are predicted by a model fitted to the others, within bounds that a wrong scheduler, a wrong
// length or a lost term exceeds.
func TestRecordedTrialsArePredicted(t *testing.T) {
	l, err := Open(recorded(t))
	if err != nil {
		t.Fatal(err)
	}
	v, err := l.Validate("", 1)
	if err != nil || len(v.Skipped) > 0 {
		t.Fatalf("skipped %v: %v", v.Skipped, err)
	}
	bounds := map[string][2]float64{"throughput": {.1, .05}, "ttft_p50": {.4, .3}, "itl_p50": {.35, .1}, "e2e_p50": {.4, .3}} // held out, own
	seen := 0
	for _, c := range v.Cells {
		if !c.HeldOut {
			t.Errorf("trial %s was fitted to itself", c.Trial)
		}
		for _, m := range c.Metrics {
			bound, ok := bounds[m.Metric]
			if !ok {
				continue
			}
			seen++
			if off, own := math.Abs(m.Relative()), math.Abs(m.OwnRelative()); off > bound[0] || own > bound[1] {
				t.Errorf("trial %s (%s, %s): %s was %.4g, is predicted as %.4g, and as %.4g with its own steps: off by %.3f and %.3f, more than %v",
					c.Trial, c.Arm, c.Load, m.Metric, m.Measured, m.Predicted, m.Own, off, own, bound)
			}
		}
	}
	if seen < 4*len(bounds) {
		t.Errorf("only %d figures were compared", seen)
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
