package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/assaylab/assay/analysis/record"
)

// Done says whether a trial has a record, a failed one included.
func (s *Store) Done(id string) bool {
	_, ok := s.trials[id]
	return ok
}

// Record returns a finished trial's record.
func (s *Store) Record(id string) (record.Trial, bool) {
	t, ok := s.trials[id]
	return t, ok
}

// Pending lists the trials that have no record, in the run's order.
func (s *Store) Pending() []record.TrialKey {
	var keys []record.TrialKey
	for _, k := range s.run.Order {
		if !s.Done(k.ID) {
			keys = append(keys, k)
		}
	}
	return keys
}

// TrialDir is where a finished trial's files are.
func (s *Store) TrialDir(id string) string { return filepath.Join(s.dir, record.TrialsDir, id) }

// Trial is a trial in flight.
type Trial struct {
	store *Store
	key   record.TrialKey
}

// Begin opens an empty directory for a trial in flight. A key outside the run's
// order, such as the confirming run's, is accepted when its arm and load are the run's.
func (s *Store) Begin(key record.TrialKey) (*Trial, error) {
	if s.Done(key.ID) {
		return nil, fmt.Errorf("trial %s is finished", key.ID)
	}
	if !s.belongs(key) || !plainName(key.ID) {
		return nil, fmt.Errorf("trial %q (arm %s, load %s, repetition %d) is not of this run", key.ID, key.Arm, key.Load, key.Repetition)
	}
	t := &Trial{store: s, key: key}
	if err := t.Abandon(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(t.Dir(), 0o755); err != nil {
		return nil, Disk(t.Dir(), fmt.Errorf("begin trial: %w", err))
	}
	return t, nil
}

// Dir is where the trial's files are written while it is in flight.
func (t *Trial) Dir() string { return t.store.TrialDir(t.key.ID) + partialSuffix }

// Abandon removes the trial's files. The trial may begin again.
func (t *Trial) Abandon() error {
	if t.store.Done(t.key.ID) {
		return fmt.Errorf("trial %s is finished", t.key.ID)
	}
	return errors.Join(remove(t.Dir()), remove(t.store.TrialDir(t.key.ID)))
}

// Commit makes the trial final, failed or not. Its files are synced and get their
// place, then record.json appears: from that moment, and from no other, the trial is
// part of the run. All files of the trial must be closed.
func (t *Trial) Commit(r record.Trial) error {
	if r.Key != t.key {
		return fmt.Errorf("the record of trial %s says %s", t.key.ID, r.Key.ID)
	}
	if r.Status != record.StatusOK && r.Status != record.StatusFailed {
		return fmt.Errorf("the record of trial %s has status %q", t.key.ID, r.Status)
	}
	r.Format = record.FormatVersion
	place := t.store.TrialDir(t.key.ID)
	if r.Status == record.StatusOK && r.Issued >= record.ColumnsFrom {
		if err := record.PackTrial(t.Dir()); err != nil {
			return Disk(t.Dir(), fmt.Errorf("commit trial: %w", err))
		}
	}
	if err := syncFiles(t.Dir()); err != nil {
		return Disk(t.Dir(), fmt.Errorf("commit trial: %w", err))
	}
	if err := os.Rename(t.Dir(), place); err != nil {
		return Disk(place, fmt.Errorf("commit trial: %w", err))
	}
	if err := syncFile(filepath.Dir(place)); err != nil {
		return Disk(place, fmt.Errorf("commit trial: %w", err))
	}
	if err := t.store.writeJSON(filepath.Join(place, record.RecordFile), r); err != nil {
		return err
	}
	t.store.trials[t.key.ID] = r
	return nil
}

// QualityDone says whether a quality measurement is on disk.
func (s *Store) QualityDone(id string) bool { return s.quality[id] }

// PutQuality writes quality/ID.json.
func (s *Store) PutQuality(q record.Quality) error {
	if !plainName(q.ID) {
		return fmt.Errorf("quality id %q is no file name", q.ID)
	}
	q.Format = record.FormatVersion
	if err := s.writeJSON(filepath.Join(s.dir, record.QualityDir, q.ID+".json"), q); err != nil {
		return err
	}
	s.quality[q.ID] = true
	return nil
}

// plainName says whether an id can name a file inside its directory. A name that
// began with a dot could be a way out, or be taken for a temporary file.
func plainName(id string) bool {
	return id != "" && id[0] != '.' && !strings.ContainsAny(id, "/\\\x00") && !strings.HasSuffix(id, partialSuffix)
}

// syncFiles puts every file below dir, and dir itself, on the disk.
func syncFiles(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() && !e.IsDir() {
			return err
		}
		return syncFile(path)
	})
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// writeAtomic is record.WriteJSON for text.
func writeAtomic(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return syncFile(filepath.Dir(path))
}
