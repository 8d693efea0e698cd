package main

import (
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/experiments/trial"
)

// inFlight waits until the run has a trial whose measured part has begun, and returns
// that trial's id.
func inFlight(t testing.TB, p *testkit.Process, run string, warmup int) (id string) {
	t.Helper()
	testkit.Eventually(t, "a trial is being measured", func() bool {
		if p.Ended() {
			t.Fatalf("the run has ended:\n%s", p.Stderr())
		}
		logs, _ := filepath.Glob(filepath.Join(run, record.TrialsDir, "*.partial", trial.LogFile)) // well-formed
		for _, path := range logs {
			if served(path) > warmup {
				id = strings.TrimSuffix(filepath.Base(filepath.Dir(path)), ".partial")
				return true
			}
		}
		return false
	})
	return id
}

// served is how many requests the engine that writes a log has finished, 0 where it
// does not answer.
func served(log string) (n int) {
	written, _ := os.ReadFile(log) // it may just have been renamed
	_, rest, _ := strings.Cut(string(written), target.Announcement)
	url, _, whole := strings.Cut(rest, "\n")
	if !whole {
		return 0
	}
	res, err := http.Get(url + "/stats")
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	var s target.Stats
	if json.NewDecoder(res.Body).Decode(&s) != nil {
		return 0
	}
	for _, finished := range s.Finished {
		n += int(finished)
	}
	return n
}

// TestEngineDies kills the engine in the middle of a trial: that trial has failed, the
// others go on, the report says so, and --retry-failed runs it again.
func TestEngineDies(t *testing.T) {
	t.Parallel()
	testkit.NeedProc(t)
	dir := tiny(t, func(s *testkit.Scenario) { s.Warmup = 2 }, unquantized)
	run := filepath.Join(dir, "run")
	p := testkit.Start(t, dir, "run", "tiny.toml", "--out", "run")
	id := inFlight(t, p, run, 2)
	engines := p.Engines()
	if len(engines) != 1 {
		t.Fatalf("%d engines run: %v", len(engines), engines)
	}
	engines[0].Kill()
	r := p.Wait()
	noOrphans(t, p)
	s := concluded(t, r, run)
	if s.Failed != 1 || s.Finished != 2 {
		t.Errorf("%+v", s)
	}
	if !strings.Contains(r.Stderr, "failed: the system under test ended: signal: killed") {
		t.Errorf("reported:\n%s", r.Stderr)
	}
	for _, rec := range readSet(t, run).Trials {
		switch {
		case rec.Key.ID != id && rec.Status != record.StatusOK:
			t.Errorf("the other trial failed: %s", rec.Reason)
		case rec.Key.ID == id && (rec.Status != record.StatusFailed || !strings.Contains(rec.Reason, "signal: killed")):
			t.Errorf("the trial whose engine died: %+v", rec)
		}
	}
	for _, name := range []string{htmlFile, markdownFile} {
		if !strings.Contains(contentOf(t, filepath.Join(run, name)), "signal: killed") {
			t.Errorf("%s does not give the reason", name)
		}
	}
	before := recordFiles(t, run)

	// Without the flag a failed trial is final.
	r = testkit.Run(t, dir, "run", "tiny.toml", "--out", "run")
	if s := concluded(t, r, run); s.Failed != 1 {
		t.Errorf("%+v", s)
	}
	kept(t, before, recordFiles(t, run))

	r = testkit.Run(t, dir, "run", "tiny.toml", "--out", "run", "--retry-failed")
	if s := concluded(t, r, run); s.Failed != 0 || s.Finished != 2 {
		t.Errorf("%+v", s)
	}
	for path := range before {
		if strings.Contains(path, id) {
			delete(before, path)
		}
	}
	kept(t, before, recordFiles(t, run))
	noLeavings(t, run)
}

// TestInterrupt stops a run with Ctrl-C and finishes it.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	testkit.NeedProc(t)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			dir := tiny(t, unquantized, twoLoads)
			run := filepath.Join(dir, "run")
			p := testkit.Start(t, dir, "run", "tiny.toml", "--out", "run")
			testkit.Eventually(t, "the first trial has finished", func() bool { return strings.Contains(p.Stderr(), "[1/4]") })
			inFlight(t, p, run, 2)
			if engines := p.Engines(); len(engines) != 1 {
				t.Errorf("%d engines run beside each other", len(engines))
			}
			p.Signal(signal)
			r := p.Wait()
			expect(t, r, exitInterrupted, "interrupted; finished trials are kept", "assay run tiny.toml --out run")
			noOrphans(t, p)
			noLeavings(t, run)
			before := recordFiles(t, run)
			if s := conclusion(t, run); s.Finished < 1 || s.Finished >= s.Planned {
				t.Errorf("%+v", s)
			}
			r = testkit.Run(t, dir, "run", "tiny.toml", "--out", "run")
			if s := concluded(t, r, run); s.Finished != 4 || s.Failed != 0 {
				t.Errorf("%+v", s)
			}
			kept(t, before, recordFiles(t, run))
		})
	}
}

// TestInterruptQuality stops a run while quality is measured, by a process of its own.
func TestInterruptQuality(t *testing.T) {
	t.Parallel()
	testkit.NeedProc(t)
	dir := tiny(t, unquantized, func(s *testkit.Scenario) { s.Windows = 200 })
	for _, c := range []struct {
		signal os.Signal
		code   int
	}{{os.Interrupt, exitInterrupted}, {syscall.SIGKILL, -1}} {
		p := testkit.Start(t, dir, "run", "tiny.toml", "--out", "run")
		testkit.Eventually(t, "quality is being measured", func() bool { return len(p.Descendants()) == 1 })
		p.Signal(c.signal)
		expect(t, p.Wait(), c.code)
		noOrphans(t, p)
		if left := recordFiles(t, filepath.Join(dir, "run")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// TestKill kills the lab at random moments until the run is whole. Whatever had
// finished before a death is there after it, unchanged, and no engine is left.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a run many times over")
	}
	t.Parallel()
	testkit.NeedProc(t)
	dir := tiny(t, twoLoads, func(s *testkit.Scenario) { s.Axes = append(s.Axes, `kv_format = ["bf16", "q8_0"]`) })
	run := filepath.Join(dir, "run")
	random := rand.New(rand.NewPCG(8, 15))
	before := map[string]string{}
	const deaths = 8
	for range deaths {
		p := testkit.Start(t, dir, "run", "tiny.toml", "--out", "run")
		time.Sleep(time.Duration(random.IntN(1200)) * time.Millisecond)
		p.Kill()
		noOrphans(t, p)
		after := recordFiles(t, run)
		kept(t, before, after)
		before = after
		if _, err := os.Stat(filepath.Join(run, record.RunFile)); err == nil {
			conclusion(t, run) // a half-finished run has a report at every moment
		}
	}
	p := testkit.Start(t, dir, "run", "tiny.toml", "--out", "run")
	r := p.Wait()
	if s := concluded(t, r, run); s.Finished != 8 || s.Failed != 0 {
		t.Errorf("%+v\n%s", s, r.Stderr)
	}
	noOrphans(t, p)
	kept(t, before, recordFiles(t, run))
	noLeavings(t, run)
	t.Logf("%d files were there before the last start", len(before))
}

// TestTwoLabs: the second lab in a directory is sent away by the first's process id.
func TestTwoLabs(t *testing.T) {
	t.Parallel()
	dir := tiny(t, unquantized, twoLoads)
	run := filepath.Join(dir, "run")
	p := testkit.Start(t, dir, "run", "tiny.toml", "--out", "run")
	testkit.Eventually(t, "the run has begun", func() bool {
		_, err := os.Stat(filepath.Join(run, record.RunFile))
		return err == nil
	})
	r := testkit.Run(t, dir, "run", "tiny.toml", "--out", "run")
	expect(t, r, exitEnvironment, "run: process "+fmt.Sprint(p.PID)+" is running in this directory")
	conclusion(t, run) // reading does not need the lock
	if s := concluded(t, p.Wait(), run); s.Failed != 0 {
		t.Errorf("%+v", s)
	}
}

// TestOverload: a rate that no machine can hold is a finding, not a fault.
func TestOverload(t *testing.T) {
	t.Parallel()
	testkit.NeedProc(t)
	dir := tiny(t, oneArm, func(s *testkit.Scenario) {
		s.Engine = "max_batch = 1\nmax_queue = 4"
		s.Rates, s.Requests, s.OutputTokens = []int{5000}, 200, 16
	})
	p := testkit.Start(t, dir, "run", "tiny.toml", "--out", "run")
	r := p.Wait()
	noOrphans(t, p)
	s := concluded(t, r, filepath.Join(dir, "run"))
	if r.Code != exitBad || s.Arm != "" || s.Failed != 0 {
		t.Errorf("exit code %d, %+v", r.Code, s)
	}
	set := readSet(t, filepath.Join(dir, "run"))
	study, err := analysis.Analyse(set, analysis.Options{})
	if err != nil || len(study.Cells) != 1 {
		t.Fatalf("%d cells: %v", len(study.Cells), err)
	}
	if c := study.Cells[0]; c.Valid == (len(c.Invalid) > 0) || c.Valid && c.Verdict != analysis.Missed {
		t.Errorf("valid %v, for the reasons %q, verdict %v", c.Valid, c.Invalid, c.Verdict)
	} else {
		for _, reason := range c.Invalid {
			if page := contentOf(t, filepath.Join(dir, "run", htmlFile)); !strings.Contains(html.UnescapeString(page), strings.TrimSuffix(reason, ".")) {
				t.Errorf("the report does not say %q", reason)
			}
		}
	}
	requests, err := set.Requests(set.Trials[0].Key.ID)
	if err != nil || len(requests) != 200 {
		t.Fatalf("%d requests: %v", len(requests), err)
	}
	refused := 0
	for _, q := range requests {
		if q.Status == http.StatusServiceUnavailable {
			refused++
		}
	}
	if refused == 0 || refused == len(requests) {
		t.Errorf("%d of %d requests were refused", refused, len(requests))
	}
}
