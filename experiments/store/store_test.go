package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

func TestCreate(t *testing.T) {
	s := create(t, 2)
	if got := names(t, s.Dir()); got != "lock quality run.json scenario.toml trials" {
		t.Errorf("got %s", got)
	}
	text, err := os.ReadFile(filepath.Join(s.Dir(), "scenario.toml"))
	if err != nil || string(text) != string(scenarioText) {
		t.Errorf("scenario: %q, %v", text, err)
	}
	if set, err := record.Read(s.Dir()); err != nil || set.Run.Name != "x" || len(set.Trials) != 0 {
		t.Errorf("a new run does not read: %v", err)
	}
}

func TestCreateRefuses(t *testing.T) {
	s := create(t, 2)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(s.Dir(), scenarioText, newRun(2), Options{New: true}); !errors.Is(err, ErrExists) {
		t.Errorf("a new run in a run's directory: %v", err)
	}
	if _, err := Create(s.Dir(), scenarioText, newRun(2)); !errors.Is(err, ErrExists) {
		t.Errorf("a second run in the same directory: %v", err)
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.tex"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(foreign, scenarioText, newRun(2)); err == nil || !strings.Contains(err.Error(), "holds thesis.tex, which is not of a run") {
		t.Errorf("a directory with other files: %v", err)
	}
	if _, err := Resume(foreign, scenarioText, newRun(2), Options{}); err == nil || !strings.Contains(err.Error(), "holds no run to resume") {
		t.Errorf("nothing to resume: %v", err)
	}
	if _, err := Create(filepath.Join(foreign, "thesis.tex"), scenarioText, newRun(1)); err == nil {
		t.Error("a file in the place of the directory is accepted")
	}
}

// TestTrialIsInvisibleUntilCommitted follows one trial on disk.
func TestTrialIsInvisibleUntilCommitted(t *testing.T) {
	s := create(t, 2)
	key := s.Run().Order[0]
	trial, err := s.Begin(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(trial.Dir(), "requests.jsonl"), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if set, err := record.Read(s.Dir()); err != nil || len(set.Trials) != 0 || s.Done(key.ID) {
		t.Errorf("a trial in flight is visible: %v", err)
	}
	if err := trial.Commit(record.Trial{Key: key, Status: record.StatusOK}); err != nil {
		t.Fatal(err)
	}
	if got := names(t, s.TrialDir(key.ID)); got != "record.json requests.jsonl" {
		t.Errorf("got %s", got)
	}
	set, err := record.Read(s.Dir())
	if err != nil || len(set.Trials) != 1 || set.Trials[0].Key != key || !s.Done(key.ID) {
		t.Errorf("a committed trial is not visible: %v", err)
	}
	if _, err := s.Begin(key); err == nil {
		t.Error("a finished trial began again")
	}
	if err := trial.Abandon(); err == nil || names(t, s.TrialDir(key.ID)) != "record.json requests.jsonl" {
		t.Error("a finished trial was abandoned")
	}
	if p := s.Pending(); len(p) != 1 || p[0].ID != "t0001" {
		t.Errorf("pending %v", p)
	}
}

func TestBeginRefuses(t *testing.T) {
	s := create(t, 2)
	for _, k := range []record.TrialKey{
		{ID: "x", Arm: "other", Load: "load"}, {ID: "x", Arm: "arm", Load: "other"}, {ID: "x", Arm: "arm", Load: "load", Repetition: 7},
		{ID: "", Arm: "arm", Load: "load"}, {ID: "../x", Arm: "arm", Load: "load"}, {ID: "..", Arm: "arm", Load: "load"}, {ID: "t.partial", Arm: "arm", Load: "load"},
	} {
		if _, err := s.Begin(k); err == nil {
			t.Errorf("%+v began", k)
		}
	}
	mustMeasure(t, s, record.TrialKey{ID: "confirm", Arm: "arm", Load: "load", Repetition: record.Confirmation}, record.StatusOK)
	if !reopen(t, s, Options{}).Done("confirm") {
		t.Error("the confirming run was not kept")
	}
}

func TestCommitRefuses(t *testing.T) {
	s := create(t, 2)
	trial, err := s.Begin(s.Run().Order[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := trial.Commit(record.Trial{Key: s.Run().Order[1], Status: record.StatusOK}); err == nil {
		t.Error("another trial's record was committed")
	}
	if err := trial.Commit(record.Trial{Key: s.Run().Order[0]}); err == nil {
		t.Error("a record without a status was committed")
	}
	if err := s.PutQuality(record.Quality{ID: "../x"}); err == nil {
		t.Error("a quality id with a path was written")
	}
}

// A long trial is committed with its requests packed, a short one without.
func TestCommitPacks(t *testing.T) {
	s := create(t, 2)
	for i, n := range []int{record.ColumnsFrom, record.ColumnsFrom - 1} {
		key := s.Run().Order[i]
		trial, err := s.Begin(key)
		if err != nil {
			t.Fatal(err)
		}
		w, err := result.Create(filepath.Join(trial.Dir(), record.RequestsFile), filepath.Join(trial.Dir(), record.EventsFile))
		if err != nil {
			t.Fatal(err)
		}
		for seq := range n {
			r := result.New(uint64(seq))
			r.Outcome = result.Refused
			if err := w.Append(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := trial.Commit(record.Trial{Key: key, Status: record.StatusOK, Issued: n}); err != nil {
			t.Fatal(err)
		}
		c, err := result.OpenColumns(filepath.Join(s.TrialDir(key.ID), record.ColumnsFile))
		if packed := err == nil && c.Len() == n; packed != (n >= record.ColumnsFrom) {
			t.Errorf("%d requests: packed %v, %v", n, packed, err)
		}
	}
}

// TestResumeCleans leaves everything that a death can leave.
func TestResumeCleans(t *testing.T) {
	s := create(t, 4)
	mustMeasure(t, s, s.Run().Order[0], record.StatusOK)
	if _, err := s.Begin(s.Run().Order[1]); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"trials/t0002/requests.jsonl", "trials/t0003/.record.json.12.tmp", ".run.json.34.tmp", "quality/.q.json.5.tmp", "trials/t0000/.requests.col.6.tmp"} {
		path := filepath.Join(s.Dir(), name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = reopen(t, s, Options{})
	for dir, want := range map[string]string{"": "lock quality run.json scenario.toml trials", "trials": "t0000", "trials/t0000": "record.json requests.jsonl", "quality": ""} {
		if got := names(t, s.Dir(), dir); got != want {
			t.Errorf("%s: got %q, want %q", dir, got, want)
		}
	}
	if len(s.Pending()) != 3 {
		t.Errorf("pending %v", s.Pending())
	}
}

func TestRetryFailed(t *testing.T) {
	s := create(t, 3)
	mustMeasure(t, s, s.Run().Order[0], record.StatusFailed)
	mustMeasure(t, s, s.Run().Order[1], record.StatusOK)
	s = reopen(t, s, Options{})
	if r, ok := s.Record("t0000"); !ok || r.Status != record.StatusFailed {
		t.Error("a failed trial is not final")
	}
	s = reopen(t, s, Options{RetryFailed: true})
	if s.Done("t0000") || !s.Done("t0001") || names(t, s.Dir(), "trials") != "t0001" {
		t.Errorf("after retry: %s", names(t, s.Dir(), "trials"))
	}
	mustMeasure(t, s, s.Run().Order[0], record.StatusOK)
}

func TestQuality(t *testing.T) {
	s := create(t, 1)
	if err := s.PutQuality(quality("q1")); err != nil {
		t.Fatal(err)
	}
	s = reopen(t, s, Options{})
	if !s.QualityDone("q1") || s.QualityDone("q2") {
		t.Error("quality measurements are not remembered")
	}
}

func TestResumeRefusesChanges(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*record.Run)
		want   string
	}{
		{"scenario", func(r *record.Run) { r.ScenarioHash = "0123456789abcdef" }, "the scenario changed (was sha256 abababababab, is sha256 0123456789ab)"},
		{"binary", func(r *record.Run) { r.Build = record.Build{Version: "v2", Go: "go1.26", SHA256: "99"} },
			"the binary changed (was v1, go1.26, sha256 cdcdcdcdcdcd, is v2, go1.26, sha256 99)"},
		{"host", func(r *record.Run) { r.Host.Cores, r.Host.CPU, r.Host.Fingerprint = 4, "other", "77" },
			"the host changed (was CPU cpu, cores 2, is CPU other, cores 4)"},
		{"host by fingerprint", func(r *record.Run) { r.Host.Fingerprint = "77" }, "the host changed (was fingerprint efefefefefef, is fingerprint 77)"},
		{"text", func(r *record.Run) { r.Quality.TextSHA256 = "55" }, "the quality text changed (was none, is 55)"},
		{"file", func(r *record.Run) { r.Files = []record.File{{Name: "m.gguf", SHA256: "66"}} }, "the file m.gguf changed (was sha256 11, is sha256 66)"},
		{"version", func(r *record.Run) { r.Arms[0].Deployment.Version = "0.33" }, "the version of vllm changed (was 0.32, is 0.33)"},
		{"two", func(r *record.Run) { r.ScenarioHash, r.Quality.TextSHA256 = "1", "2" }, "the scenario changed (was sha256 abababababab, is sha256 1); the quality text changed (was none, is 2)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := create(t, 2)
			mustMeasure(t, s, s.Run().Order[0], record.StatusOK)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			run := newRun(2)
			c.change(&run)
			_, err := Resume(s.Dir(), scenarioText, run, Options{})
			var changed *ChangedError
			want := s.Dir() + " cannot be resumed: " + c.want + "; start a new run in another directory, or force it: the report will say so"
			if !errors.As(err, &changed) || err.Error() != want {
				t.Fatalf("got  %v\nwant %s", err, want)
			}
			checkForced(t, s.Dir(), run, "Resumed by force: "+c.want+".")
		})
	}
}

// checkForced resumes with force, twice: one note, first facts kept, trial kept.
func checkForced(t *testing.T, dir string, run record.Run, note string) {
	t.Helper()
	for range 2 {
		s, err := Resume(dir, []byte("changed"), run, Options{Force: true})
		if err != nil {
			t.Fatal(err)
		}
		got := s.Run()
		if len(got.Notes) != 1 || got.Notes[0] != note || got.ScenarioHash != run.ScenarioHash {
			t.Errorf("notes %q, scenario %s", got.Notes, got.ScenarioHash)
		}
		if got.Build.Version != "v1" || got.Host.Cores != 2 || !s.Done("t0000") {
			t.Errorf("the first start is forgotten: %+v", got)
		}
		if text, err := os.ReadFile(filepath.Join(dir, scenarioFile)); err != nil || string(text) != "changed" {
			t.Errorf("scenario.toml: %q, %v", text, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestForcedScenarioSupersedes keeps trials of arms that the new scenario has not,
// outside the run.
func TestForcedScenarioSupersedes(t *testing.T) {
	s := create(t, 2)
	mustMeasure(t, s, s.Run().Order[0], record.StatusOK)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	run := newRun(1)
	run.ScenarioHash = "1"
	run.Arms[0].ID, run.Order[0].Arm, run.Order[0].ID = "new", "new", "n0"
	s, err := Resume(s.Dir(), scenarioText, run, Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Done("t0000") || names(t, s.Dir(), "superseded") != "t0000" || names(t, s.Dir(), "superseded", "t0000") != "record.json requests.jsonl" {
		t.Errorf("superseded: %s", names(t, s.Dir(), "superseded"))
	}
}

func TestResumeRefusesAnotherFormat(t *testing.T) {
	s := create(t, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	run := newRun(1)
	run.Format = record.FormatVersion + 1
	if err := record.WriteJSON(filepath.Join(s.Dir(), record.RunFile), run); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(s.Dir(), scenarioText, run, Options{Force: true}); err == nil || !strings.Contains(err.Error(), "format version 2") {
		t.Errorf("got %v", err)
	}
}

func TestNote(t *testing.T) {
	s := create(t, 1)
	for range 2 {
		if err := s.Note("Cores are shared."); err != nil {
			t.Fatal(err)
		}
	}
	if got := reopen(t, s, Options{}).Run().Notes; len(got) != 1 || got[0] != "Cores are shared." {
		t.Errorf("got %q", got)
	}
}

func TestLock(t *testing.T) {
	s := create(t, 1)
	_, err := Resume(s.Dir(), scenarioText, newRun(1), Options{})
	var locked *LockedError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() || !Environment(err) {
		t.Errorf("got %v", err)
	}
	if _, err := Open(s.Dir(), scenarioText, newRun(1), Options{}); !errors.As(err, &locked) {
		t.Errorf("got %v", err)
	}
	reopen(t, s, Options{})
}

func TestDisk(t *testing.T) {
	full := &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	err := Disk("run/x", full)
	if !errors.Is(err, ErrDisk) || !errors.Is(err, syscall.ENOSPC) || !Environment(err) {
		t.Errorf("got %v", err)
	}
	want := "the disk does not take run/x: write x: no space left on device; make room or choose another directory, then resume: finished trials are safe"
	if err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if Disk("run", err) != err {
		t.Error("wrapped twice")
	}
	if err := Disk("x", os.ErrPermission); errors.Is(err, ErrDisk) || Environment(err) {
		t.Errorf("got %v", err)
	}
	if Disk("x", nil) != nil {
		t.Error("no error became one")
	}
}

// More repetitions are written down, and what is there stays first.
func TestExtend(t *testing.T) {
	s, err := Create(filepath.Join(t.TempDir(), "run"), []byte("a"), record.Run{Format: record.FormatVersion, Repetitions: 1, Order: []record.TrialKey{{ID: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Extend(2, []record.TrialKey{{ID: "y"}, {ID: "x"}}); err == nil {
		t.Error("another order is taken")
	}
	if err := s.Extend(2, []record.TrialKey{{ID: "x"}, {ID: "y"}}); err != nil {
		t.Fatal(err)
	}
	if p := s.Pending(); s.Run().Repetitions != 2 || len(p) != 2 || p[1].ID != "y" {
		t.Errorf("%+v", p)
	}
}
