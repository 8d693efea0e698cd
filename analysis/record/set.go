package record

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assaylab/assay/loadgen/result"
)

// Names inside a run directory. The store writes them, Read reads them.
const (
	RunFile      = "run.json"
	TrialsDir    = "trials"
	QualityDir   = "quality"
	RecordFile   = "record.json"
	RequestsFile = "requests.jsonl"
	EventsFile   = "events.jsonl"
)

// Set is a run directory as far as it has been written. A trial without a
// record.json is in flight, or was interrupted, and is not part of the set.
type Set struct {
	Dir     string
	Run     Run
	Trials  []Trial             // in the order of Trial.Order, then id
	Quality map[string]*Quality // by id; an id that is absent has not been measured yet
	Outputs map[string]*Outputs // by arm; none where the scenario asks for none
}

// Read reads the facts of a run directory, but no request timelines: those are read
// per trial by Requests. It accepts a half-finished run and fields that it does not
// know, and refuses another format version. Errors name the file.
func Read(dir string) (*Set, error) {
	s := &Set{Dir: dir, Quality: map[string]*Quality{}}
	path := filepath.Join(dir, RunFile)
	if err := readJSON(path, &s.Run); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: no such file: %s is not a run directory (expected the directory that holds run.json): %w", path, dir, fs.ErrNotExist)
		}
		return nil, err
	}
	if err := s.Run.validate(path); err != nil {
		return nil, err
	}
	if err := s.loadTrials(); err != nil {
		return nil, err
	}
	if err := s.loadOutputs(); err != nil {
		return nil, err
	}
	return s, s.loadQuality()
}

func (s *Set) loadTrials() error {
	names, err := list(filepath.Join(s.Dir, TrialsDir))
	if err != nil {
		return err
	}
	for _, name := range names {
		path := filepath.Join(s.Dir, TrialsDir, name, RecordFile)
		var t Trial
		err := readJSON(path, &t)
		if errors.Is(err, fs.ErrNotExist) || isNotDirectory(path) {
			continue
		}
		if err != nil {
			return err
		}
		if err := t.validate(path, name); err != nil {
			return err
		}
		s.Trials = append(s.Trials, t)
	}
	slices.SortFunc(s.Trials, func(a, b Trial) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Key.ID, b.Key.ID))
	})
	return nil
}

func isNotDirectory(recordPath string) bool {
	info, err := os.Stat(filepath.Dir(recordPath))
	return err == nil && !info.IsDir()
}

func (s *Set) loadQuality() error {
	names, err := list(filepath.Join(s.Dir, QualityDir))
	if err != nil {
		return err
	}
	for _, name := range names {
		id, isJSON := strings.CutSuffix(name, ".json")
		if !isJSON || strings.HasPrefix(name, ".") {
			continue
		}
		path := filepath.Join(s.Dir, QualityDir, name)
		q := new(Quality)
		if err := readJSON(path, q); err != nil {
			return err
		}
		if err := q.validate(path, id); err != nil {
			return err
		}
		s.Quality[id] = q
	}
	return nil
}

// list returns the names in a directory, sorted; a directory that does not exist
// yet is empty.
func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// Requests reads the timelines of one trial, events included. It reads the files
// anew at each call, so that a large run need not be held in memory. An error of
// type *result.TornError comes with the requests that are whole.
func (s *Set) Requests(id string) ([]result.Request, error) {
	if !slices.ContainsFunc(s.Trials, func(t Trial) bool { return t.Key.ID == id }) {
		return nil, fmt.Errorf("%s: no finished trial %q among the %d that are", s.Dir, id, len(s.Trials))
	}
	dir := filepath.Join(s.Dir, TrialsDir, id)
	return result.ReadFile(filepath.Join(dir, RequestsFile), filepath.Join(dir, EventsFile))
}
