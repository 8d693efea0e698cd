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
	why     bool
	html    string // file
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

With --arm-first and --arm-second two arms are compared, of one run or of two.

With --why it also says where the difference comes from: the stages and functions of the
engine whose processor time per generated token changed most, by the CPU profiles that
the trials of both runs have. --html writes all of it to a file, with flame graphs.`,
		Example: `  assay compare runs/before runs/after
  assay compare runs/nightly runs/nightly --arm-first 1 --arm-second 2
  assay compare runs/before runs/after --metric "p99 itl" --json
  assay compare runs/before runs/after --why --html why.html`,
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
	f.BoolVar(&o.why, "why", false, "say which stages and functions took more or less processor time per generated token")
	f.StringVar(&o.html, "html", "", "write the comparison with --why's tables and flame graphs to this file")
	return c
}

func compareRuns(w io.Writer, first, second string, o compareOptions) error {
	collectOften()
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
	var reasons []compare.Reason
	if o.why || o.html != "" {
		if reasons, err = compare.Why(a, b, o.Options); err != nil {
			return err
		}
	}
	if o.html != "" {
		if err := writeFile(o.html, func(w io.Writer) error { return reports.HTML(w, reports.WhyPage(c, reasons)) }); err != nil {
			return err
		}
	}
	switch {
	case o.json:
		return json.NewEncoder(w).Encode(comparisonJSON(c, reasons))
	case !o.why:
		return reports.Comparison(w, c, o.print)
	}
	if err := reports.Comparison(w, c, o.print); err != nil {
		return err
	}
	return reports.Why(w, reasons, o.print.Markdown)
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
	Rows     []jsonRow    `json:"rows"`
	Warnings []string     `json:"warnings"`
	Why      []jsonReason `json:"why,omitempty"` // with --why
}

func comparisonJSON(c *compare.Comparison, reasons []compare.Reason) jsonComparison {
	out := jsonComparison{Rows: []jsonRow{}, Warnings: append([]string{}, c.Warnings...)}
	for _, r := range c.Rows {
		out.Rows = append(out.Rows, jsonRow{Arm: r.Arm, Load: r.Load, Metric: r.Metric.String(), Unit: r.Metric.Unit,
			First: finite(r.First), Second: finite(r.Second), Ratio: finite(r.Change.Ratio), Low: finite(r.Change.Interval.Low), High: finite(r.Change.Interval.High),
			P: r.Change.P, Adjusted: r.Adjusted, Runs: r.Change.Runs, Outcome: string(r.Outcome), Note: r.Note})
	}
	for _, r := range reasons {
		out.Why = append(out.Why, reasonJSON(r))
	}
	return out
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
