package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/steptrace"
)

// traceRoom bounds what waits to be written of a step trace: items of all steps together.
const traceRoom = 1 << 16

// traceSteps has the engine's steps be written to a file, if there is one. Stop is for when the
// engine is closed.
func traceSteps(e *engine.Engine, path string, log *slog.Logger) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("serve: --trace-steps: %w", err)
	}
	w, err := steptrace.NewWriter(f, e.TraceHeader(), min(1024, max(16, traceRoom/e.Options().MaxBatch)))
	if err != nil {
		f.Close()
		return nil, environment(fmt.Errorf("serve: --trace-steps: %s: %w", path, err))
	}
	e.Trace(w)
	return func() error { return endTrace(w, f, log) }, nil
}

// endTrace completes the file, and says what is missing in it.
func endTrace(w *steptrace.Writer, f *os.File, log *slog.Logger) error {
	lost, err := w.Close()
	if closed := f.Close(); err == nil {
		err = closed
	}
	if lost > 0 {
		log.Warn("the step trace lacks steps: its file could not be written fast enough", "file", f.Name(), "lost", lost)
	}
	if err != nil {
		return environment(fmt.Errorf("serve: --trace-steps: %s: %w", f.Name(), err))
	}
	return nil
}
