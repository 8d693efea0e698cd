package experiments

import (
	"context"
	"fmt"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/experiments/calibrate"
)

// ErrInstrument says that the lab told a known answer wrongly, so that it measures nothing.
var ErrInstrument = calibrate.ErrMisread

// calibrate measures the lab itself before the first trial that it runs, under the conditions of that, and writes down how
// exact it is.
func (r *run) calibrate(ctx context.Context) error {
	if r.calibrated {
		return nil
	}
	r.Progress.Phase("calibrating the instrument on known answers")
	c, err := calibrate.Run(ctx)
	if err != nil {
		return err
	}
	for _, doubt := range analysis.Doubts(c) {
		r.Progress.Note(doubt)
	}
	if err := r.store.Calibrated(c); err != nil {
		return fmt.Errorf("write down the calibration: %w", err)
	}
	r.calibrated = true
	return nil
}
