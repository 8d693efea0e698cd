package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/record"
)

// partialSuffix marks the directory of the trial in flight.
const partialSuffix = ".partial"

// tidy removes what a death left: temporary files, partial directories and trials
// that were not committed; and what no longer belongs to the run.
func (s *Store) tidy(retryFailed bool) error {
	for _, dir := range []string{"", record.QualityDir, record.OutputsDir} {
		if err := removeTemporary(filepath.Join(s.dir, dir)); err != nil {
			return err
		}
	}
	for _, name := range []string{record.TrialsDir, record.QualityDir} {
		if err := os.MkdirAll(filepath.Join(s.dir, name), 0o755); err != nil {
			return Disk(s.dir, fmt.Errorf("create %s: %w", name, err))
		}
	}
	entries, err := os.ReadDir(filepath.Join(s.dir, record.TrialsDir))
	if err != nil {
		return fmt.Errorf("list the trials: %w", err)
	}
	for _, e := range entries {
		if err := s.tidyTrial(e.Name(), retryFailed); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) tidyTrial(name string, retryFailed bool) error {
	t, finished := s.trials[name]
	switch {
	case !finished:
		return remove(s.TrialDir(name))
	case !s.belongs(t.Key):
		delete(s.trials, name)
		return s.supersede(name)
	case retryFailed && t.Status == record.StatusFailed:
		return s.drop(name)
	}
	return removeTemporary(s.TrialDir(name)) // of a report that died while it packed requests
}

// belongs says whether a trial is one of the run's, a confirming one and duplicates included.
func (s *Store) belongs(k record.TrialKey) bool {
	return slices.ContainsFunc(s.run.Arms, func(a record.Arm) bool { return a.ID == k.Arm }) &&
		slices.ContainsFunc(s.run.Loads, func(l record.Load) bool { return l.ID == k.Load }) &&
		(k.Draws() < s.run.Repetitions || s.searched(k.Load) || k.Draws() == record.Confirmation)
}

// drop takes back a commit: the mark goes first, so that a death in between leaves
// an uncommitted trial.
func (s *Store) drop(id string) error {
	if err := os.Remove(filepath.Join(s.TrialDir(id), record.RecordFile)); err != nil {
		return fmt.Errorf("drop trial %s: %w", id, err)
	}
	delete(s.trials, id)
	return remove(s.TrialDir(id))
}

// supersede moves a finished trial out of the run, and keeps it.
func (s *Store) supersede(id string) error {
	dir := filepath.Join(s.dir, supersededDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Disk(dir, err)
	}
	to := filepath.Join(dir, id)
	for i := 2; ; i++ {
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return os.Rename(s.TrialDir(id), to)
		}
		to = filepath.Join(dir, fmt.Sprintf("%s.%d", id, i))
	}
}

func remove(path string) error {
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("remove what an interrupted trial left: %w", err)
	}
	return nil
}

// isTemporary recognises the files that an atomic write fills before its rename.
func isTemporary(name string) bool {
	return strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".tmp")
}

func removeTemporary(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("list %s: %w", dir, err)
	}
	for _, e := range entries {
		if isTemporary(e.Name()) && e.Type().IsRegular() {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("remove what an interrupted write left: %w", err)
			}
		}
	}
	return nil
}
