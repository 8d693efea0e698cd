package analysis

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
)

// Ten steps of 10 ms from 0 on, after one of the warm-up that held everything.
func TestOccupancyIsThinned(t *testing.T) {
	all := &record.Steps{Lost: 2, Steps: []record.Step{{Start: -20e6, Duration: 10e6, Held: 8}}}
	for i, held := range []int{1, 5, 2, 3, 3, 3, 0, 4, 1, 2} {
		s := record.Step{Start: int64(i) * 10e6, Duration: 10e6, Held: held, Cached: i % 3, Free: 8 - held - i%3}
		if i == 5 {
			s.Preempted = []uint64{1, 2}
		}
		all.Steps = append(all.Steps, s)
	}
	all.Steps = slices.Delete(all.Steps, 7, 9) // no step from 60 to 80 ms
	o := occupancy(all, 5)
	if o.Span != 100e6 || o.Blocks != 8 || o.Held != 5 || o.Lost != 2 {
		t.Errorf("%+v", o)
	}
	want := []OccupancySlice{{Held: 5, Cached: 1, Free: 2}, {Held: 3, Cached: 0, Free: 5}, {Held: 3, Cached: 2, Free: 3, Preempted: 2}, {}, {Held: 2, Cached: 0, Free: 6}}
	if !slices.Equal(o.Slices, want) {
		t.Errorf("%+v, want %+v", o.Slices, want)
	}
	// A step longer than a slice is in all that it overlaps.
	long := occupancy(&record.Steps{Steps: []record.Step{{Start: 0, Duration: 90, Held: 1, Free: 1}, {Start: 90, Duration: 10, Held: 2}}}, 10)
	for i, s := range long.Slices {
		if s.Held+s.Free != 2 || s.Held != 1+i/9 {
			t.Errorf("slice %d is %+v", i, s)
		}
	}
	for _, none := range []*record.Steps{{}, {Steps: []record.Step{{Start: -9, Duration: 9, Held: 1}}}} {
		if o := occupancy(none, 5); o.Blocks != 0 || len(o.Slices) != 0 {
			t.Errorf("of no step: %+v", o)
		}
	}
}

// The recommended arm at the load of the front, the most preemptions, the most evictions: three trials,
// or fewer where one stands for several.
func TestOccupanciesAreChosen(t *testing.T) {
	a := traced(t)
	a.run = &record.Run{Loads: []record.Load{{ID: "l"}, {ID: "other"}}}
	for i := range a.set.Trials {
		a.set.Trials[i].Status = record.StatusOK
		a.traceBlocks(t, a.set.Trials[i].Key.ID)
	}
	shown := func() (out []string) {
		a.study.Occupancies = nil
		a.drawOccupancy()
		for _, o := range a.study.Occupancies {
			out = append(out, o.Trial.ID+": "+strings.Join(o.Why, ", "))
		}
		return out
	}
	if got := shown(); !slices.Equal(got, []string{"t3: last load"}) {
		t.Errorf("nothing recommended and nothing counted: %q", got)
	}
	a.study.Choice.Arm, a.study.Front.Load = "good", "other"
	a.set.Trials[1].Engine.Preemptions, a.set.Trials[2].Engine.Preemptions, a.set.Trials[2].Engine.Evictions = 9, 3, 1
	if got := shown(); !slices.Equal(got, []string{"t3: recommended arm", "t1: most preemptions", "t2: most evictions"}) {
		t.Errorf("%q", got)
	}
	if o := a.study.Occupancies[1]; o.Preempted != 9 || o.Evicted != 0 || o.Blocks != 4 || o.Held != 3 {
		t.Errorf("%+v", o)
	}
	a.set.Trials[0].Engine.Evictions, a.study.Front.Load = 5, "l"
	if got := shown(); !slices.Equal(got, []string{"t0: recommended arm, most evictions", "t1: most preemptions"}) {
		t.Errorf("%q", got)
	}
	// A trial without a trace, a failed one and a confirmation are passed over.
	if err := os.Remove(filepath.Join(a.set.Dir, record.TrialsDir, "t1", record.StepsFile)); err != nil {
		t.Fatal(err)
	}
	a.set.Trials[0].Status, a.set.Trials[3].Key.Repetition = record.StatusFailed, record.Confirmation
	if got := shown(); !slices.Equal(got, []string{"t2: most preemptions, most evictions"}) {
		t.Errorf("%q", got)
	}
}

// One unreadable trace is one warning, whatever is drawn from it.
func TestUnreadableTraceIsWarnedOfOnce(t *testing.T) {
	a := traced(t)
	a.run = &record.Run{Loads: []record.Load{{ID: "l"}}}
	a.set.Trials = a.set.Trials[:1]
	a.set.Trials[0].Status, a.gaps = record.StatusOK, a.gaps[:1]
	path := filepath.Join(a.set.Dir, record.TrialsDir, "t0")
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, record.StepsFile), []byte("?\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a.drawTimelines()
	a.drawOccupancy()
	if len(a.study.Occupancies) != 0 || len(a.study.Warnings) != 1 {
		t.Errorf("%+v, %q", a.study.Occupancies, a.study.Warnings)
	}
}

// traceBlocks writes three steps of a cache of four blocks.
func (a *analysis) traceBlocks(t *testing.T, id string) {
	t.Helper()
	dir := filepath.Join(a.set.Dir, record.TrialsDir, id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text := `{"assay_steps":1,"began":"2026-11-29T01:00:00Z","max_batch":2,"token_budget":9,"blocks":4}
{"step":1,"start":0,"dur":1000,"held":1,"cached":1,"free":2,"items":[{"seq":1,"kind":"prefill","rows":8}]}
{"step":2,"start":1000,"dur":1000,"held":3,"cached":1,"free":0,"items":[{"seq":1,"kind":"decode","rows":1}]}
{"step":3,"start":2000,"dur":1000,"held":2,"cached":0,"free":2,"items":[{"seq":1,"kind":"decode","rows":1}]}
`
	if err := os.WriteFile(filepath.Join(dir, record.StepsFile), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
