package main

import (
	"encoding/json"
	"io"
	"math"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports"
)

type compareOptions struct {
	compare.Options
	print   reports.ComparisonOptions
	metrics []string
	json    bool
}

func newCompare() *cobra.Command {
	var o compareOptions
	c := &cobra.Command{
		Use:   "compare FIRST SECOND",
		Short: "Say what changed between two runs",
		Long: `Compare reads two run directories, of the same scenario with two builds or on two
days, and says for every arm and load that both have which metrics changed: by how
much, between which bounds, and whether chance could have done it.

Runs of one scenario and seed had the same requests, so that repetitions are compared
in pairs. With three repetitions or more a repetition is the unit; with fewer the
interval is of the requests in them, and how much runs differ is not in it.

With --arm-first and --arm-second two arms are compared, of one run or of two.`,
		Example: `  assay compare runs/before runs/after
  assay compare runs/nightly runs/nightly --arm-first 1 --arm-second 2
  assay compare runs/before runs/after --metric "p99 itl" --json`,
		Args: arguments("FIRST", "SECOND"),
		RunE: func(c *cobra.Command, args []string) error {
			return compareRuns(c.OutOrStdout(), args[0], args[1], o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.First, "arm-first", "", "name or number of the one arm of the first run that is compared")
	f.StringVar(&o.Second, "arm-second", "", "name or number of the one arm of the second run that is compared")
	f.StringArrayVar(&o.metrics, "metric", nil, `compare this alone, as "p99 itl" or throughput; may be repeated`)
	f.BoolVar(&o.print.ChangedOnly, "changed", false, "print only what changed")
	f.BoolVar(&o.OtherMachine, "other-machine", false, "compare runs of different machines, which says nothing about builds or settings alone")
	f.BoolVar(&o.print.Markdown, "markdown", false, "print tables in Markdown")
	f.BoolVar(&o.json, "json", false, "print rows as JSON")
	return c
}

func compareRuns(w io.Writer, first, second string, o compareOptions) error {
	for _, text := range o.metrics {
		m, err := compare.ParseMetric(text)
		if err != nil {
			return err
		}
		o.Metrics = append(o.Metrics, m)
	}
	a, err := record.Read(first)
	if err != nil {
		return err
	}
	b, err := record.Read(second)
	if err != nil {
		return err
	}
	c, err := compare.Runs(a, b, o.Options)
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(w).Encode(comparisonJSON(c))
	}
	return reports.Comparison(w, c, o.print)
}

// jsonRow is a row of compare --json. A number that is not there, or not finite, is null.
type jsonRow struct {
	Arm      string   `json:"arm"`
	Load     string   `json:"load"`
	Metric   string   `json:"metric"`
	Unit     string   `json:"unit"`
	First    *float64 `json:"first"`
	Second   *float64 `json:"second"`
	Ratio    *float64 `json:"ratio"`
	Low      *float64 `json:"ratio_low"`
	High     *float64 `json:"ratio_high"`
	P        float64  `json:"p"`
	Adjusted float64  `json:"p_adjusted"`
	Runs     int      `json:"repetitions"`
	Outcome  string   `json:"outcome"`
	Note     string   `json:"note,omitempty"`
}

type jsonComparison struct {
	Rows     []jsonRow `json:"rows"`
	Warnings []string  `json:"warnings"`
}

func comparisonJSON(c *compare.Comparison) jsonComparison {
	out := jsonComparison{Rows: []jsonRow{}, Warnings: append([]string{}, c.Warnings...)}
	for _, r := range c.Rows {
		out.Rows = append(out.Rows, jsonRow{Arm: r.Arm, Load: r.Load, Metric: r.Metric.String(), Unit: r.Metric.Unit,
			First: finite(r.First), Second: finite(r.Second), Ratio: finite(r.Change.Ratio), Low: finite(r.Change.Interval.Low), High: finite(r.Change.Interval.High),
			P: r.Change.P, Adjusted: r.Adjusted, Runs: r.Change.Runs, Outcome: string(r.Outcome), Note: r.Note})
	}
	return out
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
