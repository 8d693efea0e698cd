//go:build unix

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/assaylab/assay/analysis/record"
)

// The test binary runs itself as the writer that is killed or starved.
const (
	roleVariable = "ASSAY_STORE_TEST_ROLE"
	dirVariable  = "ASSAY_STORE_TEST_DIR"
	crashTrials  = 80
	smallFile    = 2048 // bytes: the limit of the starved writer
)

func TestMain(m *testing.M) {
	roles := map[string]func(string) error{"write": writeAll, "starve": starve}
	if role, ok := roles[os.Getenv(roleVariable)]; ok {
		if err := role(os.Getenv(dirVariable)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(role, dir string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), roleVariable+"="+role, dirVariable+"="+dir)
	return c
}

// writeAll opens the run and does what is left of it.
func writeAll(dir string) error {
	s, err := Open(dir, scenarioText, newRun(crashTrials), Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	for i, key := range s.Pending() {
		if id := fmt.Sprintf("q%d", key.Repetition/10); !s.QualityDone(id) {
			if err := s.PutQuality(quality(id)); err != nil {
				return err
			}
		}
		if err := measure(s, key, record.StatusOK); err != nil {
			return fmt.Errorf("trial %d: %w", i, err)
		}
	}
	return nil
}

// TestKill kills a writer at random moments, from its first instant on, until the
// run is whole. After each death the run must resume, and every trial that was
// finished before must be there, unchanged.
func TestKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	random := rand.New(rand.NewPCG(1, 2))
	finished := map[string]string{}
	const kills = 30
	advances := 0 // deaths after which there was more than before, and not yet all
	for round := 0; ; round++ {
		writer := child("write", dir)
		var messages strings.Builder
		writer.Stderr = &messages
		if err := writer.Start(); err != nil {
			t.Fatal(err)
		}
		if round < kills {
			time.Sleep(time.Duration(random.IntN(40_000)) * time.Microsecond)
			_ = writer.Process.Kill() // it may have ended
		}
		err := writer.Wait()
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() != -1 {
			t.Fatalf("round %d: the writer failed: %s", round, messages.String())
		}
		before := len(finished)
		checkAfterDeath(t, dir, finished)
		if n := len(finished); n > before && n < crashTrials {
			advances++
		}
		if err == nil || round > kills {
			break
		}
	}
	if len(finished) != crashTrials {
		t.Errorf("%d of %d trials are finished", len(finished), crashTrials)
	}
	t.Logf("%d deaths in the middle of the run", advances)
}

// checkAfterDeath reads the directory as the dead left it, as analysis would, then
// resumes it.
func checkAfterDeath(t *testing.T, dir string, finished map[string]string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, record.RunFile)); errors.Is(err, fs.ErrNotExist) {
		return
	}
	set, err := record.Read(dir)
	if err != nil {
		t.Fatalf("a half-finished run does not read: %v", err)
	}
	now := map[string]string{}
	for _, trial := range set.Trials {
		now[trial.Key.ID] = content(t, filepath.Join(dir, record.TrialsDir, trial.Key.ID))
		if want := requests(trial.Key); trial.Issued != len(want) || !strings.Contains(now[trial.Key.ID], want) {
			t.Errorf("trial %s is committed but not whole", trial.Key.ID)
		}
	}
	for id, before := range finished {
		if now[id] != before {
			t.Errorf("trial %s was finished and is lost or changed", id)
		}
	}
	s, err := Resume(dir, scenarioText, newRun(crashTrials), Options{})
	if err != nil {
		t.Fatalf("resume: %v", err)
	}
	defer s.Close()
	for id, text := range now {
		if !s.Done(id) || content(t, s.TrialDir(id)) != text {
			t.Errorf("resuming lost or changed trial %s", id)
		}
		finished[id] = text
	}
	for id := range set.Quality {
		if !s.QualityDone(id) {
			t.Errorf("resuming lost quality %s", id)
		}
	}
}

// content is every file of a trial.
func content(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n%s\n", e.Name(), text)
	}
	return b.String()
}

// starve is a writer whose files cannot grow beyond smallFile: what a full disk
// looks like to it. It must fail at the record, with an error of the disk, and leave
// nothing half-written.
func starve(dir string) error {
	s, err := Open(dir, scenarioText, newRun(crashTrials), Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	signal.Ignore(syscall.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: smallFile, Max: smallFile}); err != nil {
		return err
	}
	keys := s.Pending()
	trial, err := s.Begin(keys[0])
	if err != nil {
		return err
	}
	err = trial.Commit(record.Trial{Key: keys[0], Status: record.StatusFailed, Reason: strings.Repeat("long ", smallFile)})
	if !errors.Is(err, ErrDisk) || !Environment(err) || s.Done(keys[0].ID) {
		return fmt.Errorf("commit on a full disk: %v", err)
	}
	if err := s.Note(strings.Repeat("long ", smallFile)); !errors.Is(err, ErrDisk) {
		return fmt.Errorf("note on a full disk: %v", err)
	}
	if err := measure(s, keys[30], record.StatusOK); !errors.Is(err, ErrDisk) {
		return fmt.Errorf("requests on a full disk: %v", err)
	}
	if err := s.PutQuality(record.Quality{ID: "q", Subject: strings.Repeat("long ", smallFile)}); !errors.Is(err, ErrDisk) {
		return fmt.Errorf("quality on a full disk: %v", err)
	}
	return nil
}

func TestFullDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	s, err := Create(dir, scenarioText, newRun(crashTrials))
	if err != nil {
		t.Fatal(err)
	}
	mustMeasure(t, s, s.Run().Order[5], record.StatusOK)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, record.RunFile))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := child("starve", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if after, err := os.ReadFile(filepath.Join(dir, record.RunFile)); err != nil || string(after) != string(before) {
		t.Errorf("run.json changed: %v", err)
	}
	set, err := record.Read(dir)
	if err != nil || len(set.Trials) != 1 || len(set.Quality) != 0 {
		t.Fatalf("after a full disk: %v", err)
	}
	s, err = Resume(dir, scenarioText, newRun(crashTrials), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := names(t, dir, "trials"); got != "t0005" {
		t.Errorf("trials: %s", got)
	}
	mustMeasure(t, s, s.Run().Order[0], record.StatusOK)
}

// TestNoSpaceLeft fills a real file system where this process may mount one.
func TestNoSpaceLeft(t *testing.T) {
	dir := t.TempDir()
	if err := mountSmall(dir); err != nil {
		t.Skipf("no small file system: %v", err)
	}
	defer func() {
		if err := unmount(dir); err != nil {
			t.Error(err)
		}
	}()
	s, err := Create(filepath.Join(dir, "run"), scenarioText, newRun(1))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	trial, err := s.Begin(s.Run().Order[0])
	if err != nil {
		t.Fatal(err)
	}
	err = trial.Commit(record.Trial{Key: s.Run().Order[0], Status: record.StatusFailed, Reason: strings.Repeat("x", 1<<20)})
	if !errors.Is(err, ErrDisk) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	if set, err := record.Read(s.Dir()); err != nil || len(set.Trials) != 0 {
		t.Errorf("after a full disk: %v", err)
	}
	mustMeasure(t, s, s.Run().Order[0], record.StatusOK)
}
