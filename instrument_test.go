package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/assaylab/assay/experiments"
)

// An instrument that misreads known answers is the surroundings' fault: nothing was judged, and the input is as it should be.
func TestMisreadExitCode(t *testing.T) {
	if code := exitCode(context.Background(), fmt.Errorf("calibrate: %w", experiments.ErrInstrument)); code != exitEnvironment {
		t.Errorf("exit code %d, want %d", code, exitEnvironment)
	}
}
