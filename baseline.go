package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaylab/assay/analysis/baseline"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/baselines"
	"github.com/assaylab/assay/reports"
)

// defaultStore is where baselines are kept unless --store says otherwise.
const defaultStore = "baselines"

func storeFlag(f *pflag.FlagSet, name *string) {
	f.StringVar(name, "store", defaultStore, "where baselines are kept: a directory, git for the notes refs/notes/assay, or git:NAME for others")
}

func newBaseline() *cobra.Command {
	c := &cobra.Command{
		Use:   "baseline",
		Short: "Keep runs for later ones to be compared with",
		Long: `A baseline is what is kept of a run: the percentiles of every repetition, perplexities,
answers to fixed prompts, and the machine, model, scenario and build that they are of.
It takes some kilobytes, in a directory or in git notes beside the commit, where the run
directory takes megabytes.

assay gate --baseline latest judges against the newest one of the same scenario, files
and machine; assay trend follows all of them.`,
		Example: `  assay baseline save runs/main --name v1.2
  assay baseline list
  assay gate runs/pr --budget budgets.toml --baseline latest`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newBaselineSave(), newBaselineList(), newBaselineShow(), newBaselinePrune())
	return c
}

func newBaselineSave() *cobra.Command {
	var store, name string
	c := &cobra.Command{
		Use:   "save RUN_DIR",
		Short: "Keep a run",
		Long: `Save reads a run directory and keeps its summary. A run that is kept already is
replaced.`,
		Example: "  assay baseline save runs/main --name v1.2\n  assay baseline save runs/main --store git",
		Args:    arguments("RUN_DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			set, err := record.Read(args[0])
			if err != nil {
				return err
			}
			s, err := baseline.Of(set, name)
			if err != nil {
				return err
			}
			kept, err := baselines.Open(store)
			if err != nil {
				return err
			}
			if err := kept.Put(c.Context(), *s); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s of %s, %s, is kept in %s\n", s.Label(), s.Run, s.Created, kept)
			return nil
		},
	}
	storeFlag(c.Flags(), &store)
	c.Flags().StringVar(&name, "name", "", "how gate and show call it (default: its id)")
	return c
}

func newBaselineList() *cobra.Command {
	var store string
	var asJSON bool
	c := &cobra.Command{
		Use:     "list",
		Short:   "List what is kept, the oldest first",
		Long:    "List prints a line for each baseline: its name or id, the run, its time, build and\nmachine.",
		Example: "  assay baseline list\n  assay baseline list --store git --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, all, err := openBaselines(c.Context(), store)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), all)
			}
			return reports.Baselines(c.OutOrStdout(), all)
		},
	}
	storeFlag(c.Flags(), &store)
	c.Flags().BoolVar(&asJSON, "json", false, "print the summaries as JSON")
	return c
}

func newBaselineShow() *cobra.Command {
	var store string
	c := &cobra.Command{
		Use:     "show NAME",
		Short:   "Print what is kept of a run, as JSON",
		Long:    "Show prints the newest baseline of a name, or that of an id, as JSON.",
		Example: "  assay baseline show v1.2",
		Args:    arguments("NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			kept, all, err := openBaselines(c.Context(), store)
			if err != nil {
				return err
			}
			s, err := baseline.Find(all, args[0])
			if err != nil {
				return fmt.Errorf("%s: %w", kept, err)
			}
			return printJSON(c.OutOrStdout(), s)
		},
	}
	storeFlag(c.Flags(), &store)
	return c
}

func newBaselinePrune() *cobra.Command {
	var store string
	var keep int
	c := &cobra.Command{
		Use:   "prune --keep N",
		Short: "Give up old baselines",
		Long: `Prune keeps the newest N baselines of each scenario and machine, and those with a
name, and gives up the rest.`,
		Example: "  assay baseline prune --keep 50",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if keep < 1 {
				return usageError(c, "--keep is %d, expected 1 or more", keep)
			}
			kept, all, err := openBaselines(c.Context(), store)
			if err != nil {
				return err
			}
			old := baseline.Old(all, keep)
			if err := kept.Remove(c.Context(), old); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s given up, %d left in %s\n", count(len(old), "baseline"), len(all)-len(old), kept)
			return nil
		},
	}
	storeFlag(c.Flags(), &store)
	c.Flags().IntVar(&keep, "keep", 0, "how many of each scenario and machine stay")
	return c
}

func openBaselines(ctx context.Context, name string) (baselines.Store, []baseline.Summary, error) {
	store, err := baselines.Open(name)
	if err != nil {
		return nil, nil, err
	}
	all, err := store.All(ctx)
	return store, all, err
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(v)
}

// latest asks for the newest baseline that can be compared.
const latest = "latest"

// baselineOf is what --baseline names: a run directory, else a stored summary by its name or id, or the latest.
func (o *gateOptions) baselineOf(ctx context.Context, run *record.Run) (*record.Set, *baseline.Summary, error) {
	if _, err := os.Stat(filepath.Join(o.baseline, record.RunFile)); err == nil || o.baseline != latest && isDirectory(o.baseline) {
		set, err := record.Read(o.baseline)
		return set, nil, err
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	store, all, err := openBaselines(ctx, o.store)
	if err != nil {
		return nil, nil, err
	}
	if len(all) == 0 {
		return nil, nil, noBaselines(store)
	}
	var s *baseline.Summary
	if o.baseline == latest {
		s, err = baseline.Latest(all, run, o.otherMachine)
	} else {
		s, err = baseline.Find(all, o.baseline)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", store, err)
	}
	return nil, s, nil
}

func noBaselines(store baselines.Store) error {
	return fmt.Errorf("%s has no baselines: keep one with assay baseline save RUN_DIR", store)
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
