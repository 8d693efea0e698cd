package store

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/assaylab/assay/analysis/record"
)

// OutputsDone says whether an arm's answers are on disk.
func (s *Store) OutputsDone(arm string) bool {
	_, err := os.Stat(s.outputsFile(arm))
	return err == nil
}

// PutOutputs writes outputs/ARM.json.
func (s *Store) PutOutputs(o record.Outputs) error {
	if !plainName(o.Arm) {
		return fmt.Errorf("arm id %q is no file name", o.Arm)
	}
	o.Format = record.FormatVersion
	if err := os.MkdirAll(filepath.Join(s.dir, record.OutputsDir), 0o755); err != nil {
		return Disk(s.dir, fmt.Errorf("create the directory of answers: %w", err))
	}
	return s.writeJSON(s.outputsFile(o.Arm), o)
}

func (s *Store) outputsFile(arm string) string {
	return filepath.Join(s.dir, record.OutputsDir, arm+".json")
}
