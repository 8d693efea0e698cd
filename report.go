package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/reports"
)

// Names of the reports in a run directory.
const (
	htmlFile     = "report.html"
	markdownFile = "summary.md"
)

func newReport() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "report RUN_DIR",
		Short: "Make the report of a run again from its directory",
		Long: `Report concludes from what a run directory holds and writes report.html and
summary.md into it. It works on a run that is half-finished, and says what is
missing.`,
		Example: "  assay report runs/nightly",
		Args:    arguments("RUN_DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			collectOften()
			set, err := record.Read(args[0])
			if err != nil {
				return err
			}
			study, err := analysis.Analyse(set, analysis.Options{Seed: set.Run.Seed})
			if err != nil {
				return err
			}
			if err := writeReports(args[0], study); err != nil {
				return err
			}
			err = conclude(c.OutOrStdout(), args[0], study, asJSON)
			var verdict *exitError
			if errors.As(err, &verdict) && verdict.code != exitEnvironment {
				return nil // the report was asked for, and it is there
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the recommendation as JSON")
	return c
}

// collectOften has the heap grow by less than it would between collections. A verb that reads records holds long slices of
// numbers, in which there is nothing to look for, so that it takes hardly any time, and nearly half the memory. GOGC says otherwise.
func collectOften() {
	const usual, often = 100, 40
	if before := debug.SetGCPercent(often); before != usual {
		debug.SetGCPercent(before)
	}
}

func writeReports(dir string, study *analysis.Study) error {
	page := reports.Build(study, reports.Options{RunDir: dir, HTMLFile: htmlFile})
	return errors.Join(
		writeFile(filepath.Join(dir, htmlFile), func(w io.Writer) error { return reports.HTML(w, page) }),
		writeFile(filepath.Join(dir, markdownFile), func(w io.Writer) error { return reports.Markdown(w, page) }))
}

// writeFile makes path appear whole or not at all.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return store.Disk(path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(store.Disk(path, err), os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// summary is what --json prints.
type summary struct {
	RunDir    string `json:"run_dir"`
	Report    string `json:"report"`
	Planned   int    `json:"trials_planned"`
	Finished  int    `json:"trials_finished"`
	Failed    int    `json:"trials_failed"`
	Arm       string `json:"recommended_arm"` // "" for none
	Proven    bool   `json:"proven"`
	NeedMore  int    `json:"requests_needed"`
	Paragraph string `json:"paragraph"`
	Command   string `json:"command"`
	RunnerUp  string `json:"runner_up"`

	Speculation *speculation       `json:"speculation,omitempty"`       // where the run sweeps it
	Instrument  []record.Exactness `json:"instrument_errors,omitempty"` // of the lab itself, on known answers
	Systems     *systemsSummary    `json:"systems,omitempty"`           // where arms are of several systems
}

// conclude prints the recommendation and where the report is, and returns the verdict.
func conclude(w io.Writer, dir string, s *analysis.Study, asJSON bool) error {
	out := summary{RunDir: dir, Report: filepath.Join(dir, htmlFile), Planned: s.Planned, Finished: s.Finished, Failed: len(s.Failed),
		Proven: s.Choice.Proven, NeedMore: s.Choice.NeedMore, Paragraph: s.Choice.Paragraph, Speculation: speculated(s), Instrument: s.Instrument.Errors, Systems: systemsOf(s)}
	for _, a := range s.Arms {
		switch a.Arm.ID {
		case s.Choice.Arm:
			out.Arm, out.Command = a.Arm.Name, a.Arm.Command
		case s.Choice.RunnerUp:
			out.RunnerUp = a.Arm.Name
		}
	}
	if asJSON {
		if err := json.NewEncoder(w).Encode(out); err != nil {
			return err
		}
		return verdict(s)
	}
	fmt.Fprintln(w)
	if out.Finished < out.Planned {
		fmt.Fprintf(w, "Only %d of %d planned trials have finished: what follows may change.\n", out.Finished, out.Planned)
	}
	if out.Failed > 0 {
		fmt.Fprintf(w, "%s failed; the report says why.\n", count(out.Failed, "trial"))
	}
	fmt.Fprintln(w, s.Choice.Paragraph)
	if out.Command != "" {
		fmt.Fprintf(w, "\n  %s\n", out.Command)
	}
	if out.Speculation != nil {
		fmt.Fprintln(w)
		for _, line := range out.Speculation.Advice {
			fmt.Fprintln(w, line)
		}
	}
	fmt.Fprintf(w, "\nreport: %s\n", out.Report)
	return verdict(s)
}
