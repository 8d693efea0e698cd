package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/trend"
	"github.com/assaylab/assay/reports"
)

type trendOptions struct {
	html, markdown string
	metrics        []string
	json           bool
	alpha          float64
}

func newTrend() *cobra.Command {
	var o trendOptions
	c := &cobra.Command{
		Use:   "trend [STORE]",
		Short: "Follow kept runs over time, and find where they changed",
		Long: `Trend reads the baselines of a store, a directory or git for git notes, and says for
every metric of each scenario and machine where it changed: in which run, by how much,
and which way. Where nothing changed, a change is found in one page out of twenty.

It prints Markdown, and writes a page with a figure for every metric with --html.`,
		Example: `  assay trend
  assay trend git --html trend.html
  assay trend baselines --metric "p95 ttft" --metric throughput`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			store := defaultStore
			if len(args) > 0 {
				store = args[0]
			}
			return showTrend(c.Context(), c.OutOrStdout(), store, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.html, "html", "", "write a page with figures to this file")
	f.StringVar(&o.markdown, "markdown", "", "write the page as Markdown to this file, in place of printing it")
	f.StringArrayVar(&o.metrics, "metric", nil, `follow this alone, as "p95 ttft" or throughput; may be repeated`)
	f.Float64Var(&o.alpha, "alpha", compare.Alpha, "the probability of any change in a page of runs that differ by chance alone")
	f.BoolVar(&o.json, "json", false, "print the series and their changes as JSON")
	return c
}

func showTrend(ctx context.Context, w io.Writer, store string, o trendOptions) error {
	if !(o.alpha > 0 && o.alpha <= .5) {
		return fmt.Errorf("--alpha is %v, expected a probability above 0 and at most 0.5", o.alpha)
	}
	options := trend.Options{Alpha: o.alpha}
	for _, text := range o.metrics {
		m, err := compare.ParseMetric(text)
		if err != nil {
			return err
		}
		options.Metrics = append(options.Metrics, m)
	}
	kept, all, err := openBaselines(ctx, store)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return noBaselines(kept)
	}
	h := trend.Of(all, options)
	if o.json {
		return printJSON(w, h)
	}
	page := reports.Trend(h, reports.TrendOptions{Store: kept.String(), HTMLFile: o.html})
	var errs []error
	if o.html != "" {
		errs = append(errs, writeFile(o.html, func(w io.Writer) error { return reports.HTML(w, page) }))
	}
	if o.markdown != "" {
		return errors.Join(append(errs, writeFile(o.markdown, func(w io.Writer) error { return reports.Markdown(w, page) }))...)
	}
	return errors.Join(append(errs, reports.Markdown(w, page))...)
}
