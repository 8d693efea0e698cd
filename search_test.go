package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/boundary"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/testkit"
)

// TestSearch stops a search with Ctrl-C and finishes it: each of two arms goes on where it was, and a search that is done stays so.
func TestSearch(t *testing.T) {
	t.Parallel()
	testkit.NeedProc(t)
	dir := tiny(t, unquantized, func(s *testkit.Scenario) {
		s.Rates, s.Requests, s.Windows = nil, 24, 0
		s.Load = "search = { min_rate = 40, max_rate = 80, max_probes = 6 }"
		s.SLO = "[[slo.limit]]\nmetric = \"ttft\"\nlimit = \"20s\"\n" // which nothing breaks
		s.Run = "\n[outputs]\nprompts = 2\ntokens = 4\n"
	})
	expect(t, testkit.Run(t, dir, "check", "tiny.toml"), exitOK)
	if r := testkit.Run(t, dir, "run", "tiny.toml", "--dry-run"); !strings.Contains(r.Stdout, "2 searches of at most 12 trials together") {
		t.Errorf("the dry run says\n%s", r.Stdout)
	}
	run := filepath.Join(dir, "run")
	p := testkit.Start(t, dir, "run", "tiny.toml", "--out", "run")
	inFlight(t, p, run, 2)
	p.Signal(os.Interrupt)
	expect(t, p.Wait(), exitInterrupted, "finished trials are kept")
	noOrphans(t, p)
	first := readSet(t, run).Run.Order

	r := testkit.Run(t, dir, "run", "tiny.toml", "--out", "run")
	if !strings.Contains(r.Stderr, "every limit is held up to 80 requests/s") {
		t.Errorf("how the searches ended is not said:\n%s", r.Stderr)
	}
	set := readSet(t, run)
	for i, k := range first {
		if set.Run.Order[i] != k {
			t.Errorf("trial %d was %+v, and is %+v", i, k, set.Run.Order[i])
		}
	}
	if len(set.Trials) != len(set.Run.Order) || len(set.Outputs) != 2 {
		t.Errorf("%d of %d trials have a record, %d arms answered", len(set.Trials), len(set.Run.Order), len(set.Outputs))
	}
	study, err := analysis.Analyse(set, analysis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range study.Arms {
		if len(a.Boundaries) != 1 || a.Boundaries[0].End == boundary.Going || len(a.Boundaries[0].Probes) < 2 {
			t.Errorf("%s: %+v", a.Arm.Name, a.Boundaries)
		}
	}
	before := recordFiles(t, run)
	testkit.Run(t, dir, "run", "tiny.toml", "--out", "run")
	kept(t, before, recordFiles(t, run))
	if n := len(readSet(t, run).Run.Order); n != len(set.Run.Order) {
		t.Errorf("a search that is done went on: %d trials, then %d", len(set.Run.Order), n)
	}
	noLeavings(t, run)
}

// TestBaselines keeps a run, judges it against what was kept, and follows it.
func TestBaselines(t *testing.T) {
	t.Parallel()
	run := filepath.Join(finishedRun(t), "run")
	dir := t.TempDir()
	expect(t, testkit.Run(t, dir, "trend"), exitUsage, "baselines has no baselines")
	expect(t, testkit.Run(t, dir, "baseline", "save", run, "--name", "v1"), exitOK)
	if r := testkit.Run(t, dir, "baseline", "list"); r.Code != exitOK || !strings.Contains(r.Stdout, "v1") {
		t.Errorf("list: %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	if r := testkit.Run(t, dir, "baseline", "show", "v1"); r.Code != exitOK || !strings.Contains(r.Stdout, `"scenario_sha256"`) {
		t.Errorf("show: %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	testkit.WriteFile(t, filepath.Join(dir, "b.toml"), "[[budget]]\nmetric = \"perplexity\"\nmax_increase = 0\n")
	expect(t, testkit.Run(t, dir, "gate", run, "--budget", "b.toml", "--baseline", "v1"), exitOK)
	expect(t, testkit.Run(t, dir, "gate", run, "--budget", "b.toml", "--baseline", "v2"), exitUsage, `no baseline is called "v2"`)
	expect(t, testkit.Run(t, dir, "gate", run, "--budget", "b.toml", "--baseline", "latest"), exitUsage, "none of 1 baselines is of the same scenario, files and machine")
	if r := testkit.Run(t, dir, "trend", "--html", "trend.html"); r.Code != exitOK || !strings.Contains(r.Stdout, "nothing changed that can be told from chance") {
		t.Errorf("trend: %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	if page := contentOf(t, filepath.Join(dir, "trend.html")); !strings.Contains(page, "tiny: trend") {
		t.Error("the page does not say what it is of")
	}
	expect(t, testkit.Run(t, dir, "baseline", "prune", "--keep", "1"), exitOK)
	expect(t, testkit.Run(t, dir, "baseline", "prune"), exitUsage, "--keep is 0")
	if _, err := os.Stat(filepath.Join(run, record.RunFile)); err != nil {
		t.Error(err)
	}
}
