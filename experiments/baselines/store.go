package baselines

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis/baseline"
)

// Store keeps summaries.
type Store interface {
	// All are the summaries that are kept, the oldest first. A store that is not there yet is empty.
	All(ctx context.Context) ([]baseline.Summary, error)
	// Put keeps one more. A summary of the same run is replaced.
	Put(ctx context.Context, s baseline.Summary) error
	// Remove gives up those with the ids.
	Remove(ctx context.Context, ids []string) error
	// String names the store.
	String() string
}

// notesPrefix marks a store in git notes.
const notesPrefix = "git"

// Open is the store of a name: "git" for the notes refs/notes/assay of the repository about the working directory, "git:NAME" for other
// notes of it, and otherwise a directory.
func Open(name string) (Store, error) {
	ref, isNotes := strings.CutPrefix(name, notesPrefix+":")
	switch {
	case name == "":
		return nil, fmt.Errorf("the store is \"\", expected a directory, or git for git notes")
	case name == notesPrefix:
		return Notes{Ref: "assay"}, nil
	case isNotes && (ref == "" || strings.ContainsAny(ref, " ~^:?*[\\") || strings.HasPrefix(ref, "-") || strings.Contains(ref, "..")):
		return nil, fmt.Errorf("the store is %q, expected git:NAME with the name of git notes", name)
	case isNotes:
		return Notes{Ref: ref}, nil
	}
	return Dir(name), nil
}

func decode(where string, text []byte) (s baseline.Summary, err error) {
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s: %w", where, err)
	}
	if s.Format != baseline.FormatVersion {
		return s, fmt.Errorf("%s: format version %d, this version reads %d", where, s.Format, baseline.FormatVersion)
	}
	if s.ID == "" {
		return s, fmt.Errorf("%s: no id", where)
	}
	return s, nil
}
