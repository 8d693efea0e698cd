package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/assaylab/assay/analysis/record"
)

// scenarioFile holds the scenario as written.
const scenarioFile = "scenario.toml"

// supersededDir holds trials that no longer belong to the run.
const supersededDir = "superseded"

// ErrExists is returned by Create for a directory that holds a run already.
var ErrExists = errors.New("the directory holds a run already")

// Store is an open run directory. It is not safe for concurrent use.
type Store struct {
	dir     string
	run     record.Run
	lock    *os.File
	trials  map[string]record.Trial // finished ones
	quality map[string]bool
}

// Options change what Resume accepts.
type Options struct {
	Force       bool // go on although scenario, binary, host or text changed; run.json says so
	RetryFailed bool // drop the records of failed trials, so that they run again
	New         bool // refuse a directory that holds a run
}

// Open resumes the run in dir, or creates it where there is none.
func Open(dir string, scenario []byte, run record.Run, o Options) (*Store, error) {
	if _, err := os.Stat(filepath.Join(dir, record.RunFile)); o.New || errors.Is(err, fs.ErrNotExist) {
		return Create(dir, scenario, run)
	}
	return Resume(dir, scenario, run, o)
}

// Create makes a run directory. dir may exist when it is empty or holds what a
// creation that was killed left.
func Create(dir string, scenario []byte, run record.Run) (*Store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, Disk(dir, fmt.Errorf("create the run directory: %w", err))
	}
	if err := onlyOurs(dir); err != nil {
		return nil, err
	}
	s, err := lock(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, record.RunFile)); err == nil {
		return nil, errors.Join(fmt.Errorf("%s: %w: resume it, or choose another directory", dir, ErrExists), s.Close())
	}
	s.run = run
	if err := s.create(scenario); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// create writes run.json last: its presence says that the run exists.
func (s *Store) create(scenario []byte) error {
	for _, name := range []string{record.TrialsDir, record.QualityDir} {
		if err := os.MkdirAll(filepath.Join(s.dir, name), 0o755); err != nil {
			return Disk(s.dir, fmt.Errorf("create the run directory: %w", err))
		}
	}
	if err := s.writeScenario(scenario); err != nil {
		return err
	}
	return s.writeRun()
}

// onlyOurs refuses to mix a new run with foreign files.
func onlyOurs(dir string) error {
	ours := []string{lockFile, scenarioFile, record.RunFile, record.TrialsDir, record.QualityDir, record.OutputsDir, supersededDir}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list %s: %w", dir, err)
	}
	for _, e := range entries {
		if !slices.Contains(ours, e.Name()) && !isTemporary(e.Name()) {
			return fmt.Errorf("%s holds %s, which is not of a run: expected an empty directory or a new one", dir, e.Name())
		}
	}
	return nil
}

// Resume opens a run that was created before, whatever state a death left it in. It
// returns a ChangedError where run differs from the run on disk in scenario, binary,
// host or quality text, and force is not set.
func Resume(dir string, scenario []byte, run record.Run, o Options) (*Store, error) {
	if _, err := os.Stat(filepath.Join(dir, record.RunFile)); err != nil {
		return nil, fmt.Errorf("%s holds no run to resume: %w", dir, err)
	}
	s, err := lock(dir)
	if err != nil {
		return nil, err
	}
	if err := s.resume(scenario, run, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) resume(scenario []byte, run record.Run, o Options) error {
	set, err := record.Read(s.dir)
	if err != nil {
		return err
	}
	s.run = set.Run
	changed := changes(set.Run, run)
	if len(changed) > 0 && !o.Force {
		return &ChangedError{s.dir, changed}
	}
	if err := s.writeScenario(scenario); err != nil {
		return err
	}
	if len(changed) > 0 {
		if err := s.force(run, changed); err != nil {
			return err
		}
	}
	for _, t := range set.Trials {
		s.trials[t.Key.ID] = t
	}
	for id := range set.Quality {
		s.quality[id] = true
	}
	return s.tidy(o.RetryFailed)
}

// force takes over the new plan and keeps the facts of the first start, so that the
// report shows what the finished trials were measured with.
func (s *Store) force(run record.Run, changed []Change) error {
	note := "Resumed by force: " + sentence(changed) + "."
	run.Created, run.Build, run.Host, run.Format = s.run.Created, s.run.Build, s.run.Host, s.run.Format
	run.Notes = s.run.Notes
	keepSearched(s.run, &run)
	if !slices.Contains(run.Notes, note) {
		run.Notes = append(slices.Clone(run.Notes), note)
	}
	s.run = run
	return s.writeRun()
}

func lock(dir string) (*Store, error) {
	f, err := acquire(dir)
	if err != nil {
		return nil, err
	}
	return &Store{dir: dir, lock: f, trials: map[string]record.Trial{}, quality: map[string]bool{}}, nil
}

// Close releases the directory.
func (s *Store) Close() error { return s.lock.Close() }

// Dir is the run directory.
func (s *Store) Dir() string { return s.dir }

// Run is run.json as it stands.
func (s *Store) Run() record.Run { return s.run }

// Note adds a sentence to run.json's notes, once.
func (s *Store) Note(sentence string) error {
	if slices.Contains(s.run.Notes, sentence) {
		return nil
	}
	s.run.Notes = append(slices.Clone(s.run.Notes), sentence)
	return s.writeRun()
}

// Extend gives the run more repetitions. order begins with the order that it has.
func (s *Store) Extend(repetitions int, order []record.TrialKey) error {
	if repetitions < s.run.Repetitions || len(order) < len(s.run.Order) || !slices.Equal(order[:len(s.run.Order)], s.run.Order) {
		return fmt.Errorf("%s: %d repetitions do not extend %d", s.dir, repetitions, s.run.Repetitions)
	}
	s.run.Repetitions, s.run.Order = repetitions, order
	return s.writeRun()
}

func (s *Store) writeRun() error { return s.writeJSON(filepath.Join(s.dir, record.RunFile), s.run) }

func (s *Store) writeJSON(path string, v any) error { return Disk(path, record.WriteJSON(path, v)) }

// writeScenario writes the text unless it is there already.
func (s *Store) writeScenario(text []byte) error {
	path := filepath.Join(s.dir, scenarioFile)
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, text) {
		return nil
	}
	return Disk(path, writeAtomic(path, text))
}
