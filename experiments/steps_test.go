package experiments

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/steptrace"
)

// TestStepsAreReadAsWritten holds the analysis' reading of step traces to the engine's writing: neither
// imports the other.
func TestStepsAreReadAsWritten(t *testing.T) {
	zero := time.Date(2026, 11, 29, 1, 0, 2, 500, time.UTC)
	var file bytes.Buffer
	w, err := steptrace.NewWriter(&file, steptrace.Header{Began: zero.Add(-2 * time.Second), MaxBatch: 4}, 8)
	if err != nil {
		t.Fatal(err)
	}
	s := w.Next()
	s.Number, s.Start, s.Duration, s.Waiting, s.Running, s.Free, s.Cached, s.Held, s.Lost = 9, 3e9, 5, 1, 2, 3, 4, 5, 6
	s.Preempted = append(s.Preempted, 11)
	s.Items = append(s.Items, steptrace.Item{Seq: 7, Kind: steptrace.Prefill, Rows: 8, Tokens: 1}, steptrace.Item{Seq: 8, Kind: steptrace.Decode, Rows: 1, Drafts: 2, Tokens: 3, Done: true})
	w.Put(s)
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file.WriteString(`{"step":10,"sta`) // the engine was killed
	set := &record.Set{Dir: t.TempDir(), Trials: []record.Trial{{Key: record.TrialKey{ID: "x"}, Started: zero.Format(time.RFC3339Nano)}}}
	if got, err := set.Steps("x"); got != nil || err != nil {
		t.Fatalf("without a trace: %v, %v", got, err)
	}
	dir := filepath.Join(set.Dir, record.TrialsDir, "x")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, record.StepsFile)
	if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	want := &record.Steps{Lost: 6, Steps: []record.Step{{Start: 1e9, Duration: 5, Waiting: 1, Running: 2, Free: 3, Cached: 4, Held: 5, Lost: 6,
		Preempted: []uint64{11}, Items: []record.StepItem{{Seq: 7, Kind: record.Prefill, Rows: 8, Tokens: 1}, {Seq: 8, Kind: "decode", Rows: 1, Drafts: 2, Tokens: 3}}}}}
	if got, err := set.Steps("x"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v, want %+v", got, err, want)
	}
	for _, bad := range []string{"", "hello\n", `{"assay_steps":9}` + "\n", string(file.Bytes()[:20]), strings.Replace(file.String(), `"dur":5`, `"dur":"5"`, 1)} {
		if err := os.WriteFile(path, []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := set.Steps("x"); err == nil || !strings.Contains(err.Error(), record.StepsFile+": line ") {
			t.Errorf("%.30q: %+v, %v", bad, got, err)
		}
	}
	if _, err := set.Steps("y"); err == nil {
		t.Error("a trial that is not there")
	}
}
