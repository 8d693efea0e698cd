package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
)

var scenarioText = []byte("name = \"x\"\n")

// newRun is a run of n trials of one arm at one load.
func newRun(n int) record.Run {
	run := record.Run{Format: record.FormatVersion, Name: "x", Created: "2030-01-01T00:00:00Z", ScenarioHash: strings.Repeat("ab", 32),
		Build: record.Build{Version: "v1", Go: "go1.26", SHA256: strings.Repeat("cd", 32)},
		Host:  record.Host{OS: "linux", CPU: "cpu", Cores: 2, Fingerprint: strings.Repeat("ef", 32)}, Repetitions: max(1, n),
		Files: []record.File{{Name: "m.gguf", SHA256: "11"}},
		Arms:  []record.Arm{{ID: "arm", Name: "arm", Deployment: &record.Deployment{Target: "vllm", Started: true, Version: "0.32"}}}, Loads: []record.Load{{ID: "load"}}}
	for i := range n {
		run.Order = append(run.Order, record.TrialKey{ID: fmt.Sprintf("t%04d", i), Arm: "arm", Load: "load", Repetition: i})
	}
	return run
}

func create(t *testing.T, n int) *Store {
	t.Helper()
	s, err := Create(filepath.Join(t.TempDir(), "run"), scenarioText, newRun(n))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// reopen closes s and resumes its directory.
func reopen(t *testing.T, s *Store, o Options) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Resume(s.dir, scenarioText, s.run, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// requests is the content of a trial's file: a function of its key.
func requests(key record.TrialKey) string {
	return strings.Repeat(key.ID+" is finished\n", 1+key.Repetition%50*20)
}

// measure runs a trial: a file written in pieces, then the record.
func measure(s *Store, key record.TrialKey, status string) error {
	t, err := s.Begin(key)
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(t.Dir(), record.RequestsFile))
	if err != nil {
		return err
	}
	for text := requests(key); text != ""; {
		n := min(len(text), 700)
		if _, err := f.WriteString(text[:n]); err != nil {
			f.Close()
			return Disk(f.Name(), err)
		}
		text = text[n:]
	}
	if err := f.Close(); err != nil {
		return err
	}
	return t.Commit(record.Trial{Key: key, Status: status, Issued: len(requests(key))})
}

func mustMeasure(t *testing.T, s *Store, key record.TrialKey, status string) {
	t.Helper()
	if err := measure(s, key, status); err != nil {
		t.Fatal(err)
	}
}

func quality(id string) record.Quality {
	return record.Quality{ID: id, Subject: id, Window: []int32{0, 0}, NLL: []float64{1, 2}, Ref: []float64{1, 2}, KL: []float64{0, 0}, SameTop: []bool{true, true}}
}

// names lists a directory below the run, without the lock.
func names(t *testing.T, parts ...string) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}
