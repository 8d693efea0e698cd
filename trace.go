package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/engine/steptrace"
)

func newTrace() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "trace FILE",
		Short: "Make a trace for Perfetto of what an engine's steps did",
		Long: `Trace reads the file that assay serve --trace-steps wrote, or a trial's steps.jsonl,
and writes trace events, which https://ui.perfetto.dev and chrome://tracing draw: a track
for the steps, one for each place in the batch, and counters of requests and KV blocks.`,
		Example: `  assay serve --trace-steps steps.jsonl
  assay trace steps.jsonl -o trace.json`,
		Args: arguments("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			return trace(c.OutOrStdout(), c.ErrOrStderr(), args[0], out)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "file to write (default: standard output)")
	return c
}

func trace(w, werr io.Writer, path, out string) error {
	in, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	defer in.Close()
	if _, err := steptrace.Read(in, func(*steptrace.Step) error { return nil }); err != nil {
		return fmt.Errorf("trace: %s: %w", path, err) // before anything is written
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("trace: %s: %w", path, err)
	}
	if out == "" {
		return convertTrace(in, w, werr, path)
	}
	f, err := os.Create(out)
	if err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	if err := convertTrace(in, f, werr, path); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// convertTrace converts, and says what the trace lacks.
func convertTrace(in io.ReadSeeker, w, werr io.Writer, path string) error {
	sum, err := steptrace.Convert(in, w)
	if err != nil {
		return fmt.Errorf("trace: %s: %w", path, err)
	}
	if sum.Lost > 0 {
		fmt.Fprintf(werr, "assay: trace: %s lacks %d of %d steps\n", path, sum.Lost, sum.Lost+sum.Steps)
	}
	if sum.Torn {
		fmt.Fprintf(werr, "assay: trace: the last line of %s is cut off and left out\n", path)
	}
	return nil
}
