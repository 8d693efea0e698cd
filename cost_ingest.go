package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/experiments/ledger"
)

type ingestOptions struct {
	ledger, source, target, at string
	skipBad, json              bool
}

func newCostIngest() *cobra.Command {
	var o ingestOptions
	c := &cobra.Command{
		Use:   "ingest FILE...",
		Short: "Take logs of use into a ledger, each record once",
		Long: `Ingest reads the usage log of assay serve, responses of OpenAI's API as lines of JSON,
spend logs of LiteLLM, or scrapes of Prometheus counters. What the ledger has already is
not counted again: a file may come twice, overlap with another, or have grown.

Either all files are taken in or none, also where the process is killed. A malformed row
is an error with its file and line; --skip-bad leaves such rows out, and counts them.`,
		Example: `  assay cost ingest usage.jsonl --ledger costs.db
  assay cost ingest litellm.json batch_output.jsonl --ledger costs.db --json
  assay cost ingest metrics.txt --ledger costs.db --target gpu-1 --at 2026-11-01T00:00:00Z`,
		Args: arguments("FILE..."),
		RunE: func(c *cobra.Command, args []string) error {
			if o.ledger == "" {
				return usageError(c, "--ledger is missing")
			}
			return ingest(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, o)
		},
	}
	f := c.Flags()
	ledgerFlag(f, &o.ledger)
	f.StringVar(&o.source, "source", "", "what the files are: "+strings.Join(ledger.Sources, ", ")+" (default: what they look like)")
	f.StringVar(&o.target, "target", "", "of counters: whose they are (default: their label instance)")
	f.StringVar(&o.at, "at", "", "of counters without timestamps: when they were scraped, such as 2026-11-01T00:00:00Z")
	f.BoolVar(&o.skipBad, "skip-bad", false, "leave out rows that are malformed, and list them")
	f.BoolVar(&o.json, "json", false, "print what became of each file as JSON")
	return c
}

func ingest(ctx context.Context, w, werr io.Writer, paths []string, o ingestOptions) error {
	if o.source != "" && !slices.Contains(ledger.Sources, o.source) {
		return fmt.Errorf("ingest: --source: found %q, expected one of %s", o.source, strings.Join(ledger.Sources, ", "))
	}
	at := time.Time{}
	if o.at != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, o.at); err != nil {
			return fmt.Errorf("ingest: --at: found %q, expected a time with its zone such as 2026-11-01T00:00:00Z", o.at)
		}
	}
	var files []ledger.File
	for _, p := range paths {
		files = append(files, ledger.File{Path: p, Source: o.source, Target: o.target, At: at})
	}
	l, err := ledger.Open(ctx, o.ledger)
	if err != nil {
		return err
	}
	defer l.Close()
	p := newProgress(werr)
	done, err := l.Ingest(ctx, files, ledger.Options{SkipBad: o.skipBad, Progress: func(path string, rows int64) {
		p.line(fmt.Sprintf("%s: %d rows", path, rows))
	}})
	if err != nil {
		return err
	}
	if o.json {
		return printJSON(w, done)
	}
	for i := range done {
		printIngested(w, &done[i])
	}
	return nil
}

func printIngested(w io.Writer, d *ledger.Ingested) {
	fmt.Fprintf(w, "%s: %s, %s read, %d new", d.Path, sourceName(d.Source), count(int(d.Read), "row"), d.New)
	if d.Known > 0 {
		fmt.Fprintf(w, ", %s known from before", count(int(d.Known), "line"))
	}
	if d.Unattributed > 0 {
		fmt.Fprintf(w, ", %d of no team", d.Unattributed)
	}
	fmt.Fprintln(w)
	if d.Incomplete {
		fmt.Fprintln(w, "  the last line is cut off, and left for the next time")
	}
	if d.Lost > 0 {
		fmt.Fprintf(w, "  missing from the log, as it says itself: %s\n", count(int(d.Lost), "record"))
	}
	if d.Bad > 0 {
		fmt.Fprintf(w, "  %s left out:\n", count(int(d.Bad), "bad row"))
		for _, b := range d.BadRows {
			fmt.Fprintf(w, "    %s\n", b)
		}
	}
}

func sourceName(source string) string {
	if source == "" {
		return "empty"
	}
	return source
}
