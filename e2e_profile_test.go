package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cpu "github.com/assaylab/assay/analysis/profile" // bench.go has a function of that name
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/testkit"
)

// TestProfiledRun takes real profiles: their time goes where a transformer's does, no more of it than the process had, and the
// report and compare --why say so. A second run has nothing left to do, without the profile neither.
func TestProfiledRun(t *testing.T) {
	t.Parallel()
	testkit.NeedProc(t)
	dir := tiny(t, func(s *testkit.Scenario) {
		s.Model, s.Axes, s.Requests, s.OutputTokens, s.Rates, s.Windows = "embedded:gopherling-7m", nil, 60, 16, []int{100}, 0
		s.Profile = "cost_pairs = 1\nheap = true"
	})
	run := filepath.Join(dir, "run")
	if r := testkit.Run(t, dir, "run", "tiny.toml", "--out", "run"); !strings.Contains(r.Stderr, "[1/2] ") || !strings.Contains(r.Stderr, "(no profile)") {
		t.Fatalf("%+v", r)
	}
	set := readSet(t, run)
	if len(set.Trials) != 2 || len(set.Run.Order) != 1 {
		t.Fatalf("%d trials of %d", len(set.Trials), len(set.Run.Order))
	}
	for _, x := range set.Trials {
		_, err := os.Stat(set.CPUProfilePath(x.Key.ID))
		if twin := x.Key.Repetition >= record.Unprofiled; twin != (x.Profile == nil) || twin != (err != nil) {
			t.Fatalf("repetition %d: %+v, %v", x.Key.Repetition, x.Profile, err)
		}
		if x.Profile != nil {
			checkProfile(t, set, x)
		}
	}
	before := filesBelow(t, run)
	testkit.Run(t, dir, "run", "tiny.toml", "--out", "run")
	delete(before, "lock") // names the process
	kept(t, before, filesBelow(t, run))
	html, err := os.ReadFile(filepath.Join(run, htmlFile))
	if err != nil || !strings.Contains(string(html), "Where the time went") || !strings.Contains(string(html), "was run once more without one") {
		t.Errorf("the report does not say where the time went: %v", err)
	}
	r := testkit.Run(t, dir, "compare", "run", "run", "--why", "--json", "--html", "why.html")
	var c jsonComparison
	if err := json.Unmarshal([]byte(r.Stdout), &c); err != nil || len(c.Why) != 1 || c.Why[0].All == nil || c.Why[0].All.Change != 0 || len(c.Why[0].Stages) == 0 {
		t.Errorf("%v: %+v", err, r)
	}
	if page, err := os.ReadFile(filepath.Join(dir, "why.html")); err != nil || !strings.Contains(string(page), "why-1-difference") {
		t.Errorf("no page of the comparison: %v", err)
	}
}

func checkProfile(t *testing.T, set *record.Set, x record.Trial) {
	t.Helper()
	p := x.Profile
	if p.Missing != "" || p.Samples == 0 || p.Heap == nil || p.RateHz != 100 {
		t.Fatalf("%+v", p)
	}
	share := map[cpu.Stage]float64{}
	for _, s := range p.Stages {
		share[cpu.Stage(s.Stage)] = s.Share
	}
	if compute := share[cpu.Matrix] + share[cpu.Attention] + share[cpu.Norm]; compute < .4 || share[cpu.Other] > .1 {
		t.Errorf("the time went to %+v", p.Stages)
	}
	// A sample stands for 10 ms that need not have passed: with n of them the sum is off by some 1/sqrt(n).
	if most := 1.6*float64(x.Engine.CPUNS) + 50e6; float64(p.CPUNS) > most {
		t.Errorf("the profile has %d ns, the process %d", p.CPUNS, x.Engine.CPUNS)
	}
	if read, err := cpu.Read(set.CPUProfilePath(x.Key.ID)); err != nil || len(read.Samples) == 0 || read.SpanNS != p.DurationNS {
		t.Errorf("%+v %v", read, err)
	}
}
