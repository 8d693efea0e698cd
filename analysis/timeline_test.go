package analysis

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// traced is an analysis of three trials of one load, whose longest gaps are known, and a
// fourth of another load.
func traced(t *testing.T) *analysis {
	zero := time.Date(2026, 11, 29, 1, 0, 0, 0, time.UTC)
	a := &analysis{set: &record.Set{Dir: t.TempDir()}, study: &Study{}}
	for i, key := range []record.TrialKey{{ID: "t0", Arm: "good", Load: "l"}, {ID: "t1", Arm: "bad", Load: "l"}, {ID: "t2", Arm: "middle", Load: "l"}, {ID: "t3", Arm: "good", Load: "other"}} {
		a.set.Trials = append(a.set.Trials, record.Trial{Key: key, Started: zero.Format(time.RFC3339Nano)})
		g := gap{trial: key}
		longest := []int64{5e6, 100e6, 20e6, 1e6}[i]
		r := result.Request{Events: []result.Event{{At: 1e9 + 1e6 - 1000}, {At: 1e9 + 1e6}, {At: 1e9 + 1e6 + longest}, {At: 3e9}}}
		r.Events[3].At = r.Events[2].At + 1000
		longestGap(&r, &g)
		if g.from != 1e9+1e6 || g.length() != longest {
			t.Fatalf("the longest gap is from %d to %d", g.from, g.to)
		}
		a.gaps = append(a.gaps, g)
	}
	return a
}

// trace writes a step every millisecond, of which those with even numbers compute a prompt.
func (a *analysis) trace(t *testing.T, id string) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, `{"assay_steps":1,"began":"2026-11-29T01:00:00Z","max_batch":2,"token_budget":9,"blocks":4}`)
	for i := range 3000 {
		kind, rows := record.Prefill, 8
		if i%2 == 1 {
			kind, rows = "decode", 1
		}
		fmt.Fprintf(&b, `{"step":%d,"start":%d,"dur":900000,"items":[{"seq":1,"kind":%q,"rows":%d}]}`+"\n", i+1, i*1e6, kind, rows)
	}
	dir := filepath.Join(a.set.Dir, record.TrialsDir, id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, record.StepsFile), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTimelines(t *testing.T) {
	a := traced(t)
	if a.drawTimelines(); len(a.study.Timelines) != 0 || len(a.study.Warnings) != 0 {
		t.Fatalf("without traces: %+v, %v", a.study.Timelines, a.study.Warnings)
	}
	for _, id := range []string{"t0", "t1", "t2", "t3"} {
		a.trace(t, id)
	}
	a.drawTimelines()
	if len(a.study.Timelines) != 2 || a.study.Timelines[0].Trial.ID != "t1" || a.study.Timelines[1].Trial.ID != "t0" {
		t.Fatalf("drawn: %+v", a.study.Timelines)
	}
	bad := a.study.Timelines[0]
	if bad.GapTo-bad.GapFrom != 100e6 || bad.To-bad.From != 1200e6 || bad.From+bad.To != bad.GapFrom+bad.GapTo {
		t.Errorf("a gap from %d to %d is shown from %d to %d", bad.GapFrom, bad.GapTo, bad.From, bad.To)
	}
	// The gap lasts from 1001 to 1101 ms: prompts are computed from 1002, 1004 to 1100 ms on, 0.9 ms each.
	if bad.Prefill != 50*900e3 || bad.Prompts != 50*8 {
		t.Errorf("%d ns of the gap and %d rows are prompts'", bad.Prefill, bad.Prompts)
	}
	for _, s := range bad.Steps {
		if s.Start+s.Duration < bad.From || s.Start > bad.To {
			t.Errorf("a step at %d is shown", s.Start)
		}
	}
}

// A trace that cannot be read costs the figure, and not the report.
func TestUnreadableTrace(t *testing.T) {
	a := traced(t)
	a.trace(t, "t1")
	if err := os.WriteFile(filepath.Join(a.set.Dir, record.TrialsDir, "t1", record.StepsFile), []byte("?\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a.drawTimelines()
	if len(a.study.Timelines) != 0 || len(a.study.Warnings) != 1 || !strings.Contains(a.study.Warnings[0], "line 1") {
		t.Errorf("%+v, %q", a.study.Timelines, a.study.Warnings)
	}
}
