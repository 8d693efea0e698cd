package store

import (
	"slices"

	"github.com/assaylab/assay/analysis/record"
)

// Calibrated adds a calibration to run.json.
func (s *Store) Calibrated(c record.Calibration) error {
	s.run.Calibrations = append(slices.Clone(s.run.Calibrations), c)
	return s.writeRun()
}
