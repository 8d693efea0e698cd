package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/reports"
)

// writePlan makes the directory appear whole or not at all: it is written beside its place and renamed. An
// earlier plan in its place is there until the new one is complete.
func writePlan(dir string, o *plan.Outlook) (err error) {
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return store.Disk(dir, err)
	}
	work, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".*.tmp")
	if err != nil {
		return store.Disk(dir, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	fresh := filepath.Join(work, "new")
	if err := os.Mkdir(fresh, 0o755); err != nil {
		return store.Disk(dir, err)
	}
	if err := planFiles(fresh, o); err != nil {
		return err
	}
	return replaceDir(dir, fresh, filepath.Join(work, "old"))
}

func planFiles(dir string, o *plan.Outlook) error {
	page := reports.Plan(o, reports.PlanOptions{HTMLFile: planHTML, CSVFile: planCSV})
	for name, write := range map[string]func(io.Writer) error{
		planHTML:     func(w io.Writer) error { return reports.HTML(w, page) },
		planMarkdown: func(w io.Writer) error { return reports.Markdown(w, page) },
		planCSV:      o.CSV,
		planJSON:     func(w io.Writer) error { return printJSON(w, planSummary(o)) },
	} {
		if err := writeFile(filepath.Join(dir, name), write); err != nil {
			return err
		}
	}
	return nil
}

// replaceDir puts fresh in the place of dir; what was there goes to old, and comes back if the second rename fails.
func replaceDir(dir, fresh, old string) error {
	err := os.Rename(dir, old)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return store.Disk(dir, err)
	}
	had := err == nil
	if err := os.Rename(fresh, dir); err != nil {
		if had {
			err = errors.Join(err, os.Rename(old, dir))
		}
		return fmt.Errorf("write plan: %w", store.Disk(dir, err))
	}
	return nil
}
