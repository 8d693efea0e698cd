package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/showback"
	"github.com/assaylab/assay/reports"
)

type costReportOptions struct {
	costOptions
	by, html, focus string
}

func newCostReport() *cobra.Command {
	var o costReportOptions
	c := &cobra.Command{
		Use:   "report",
		Short: "Share a month's bill out, and print who pays what",
		Long: `Report shares a bill among those who used what it pays for, and prints that by team, model
or API key. Use of no team is shown as unattributed, use that no cost covers by itself.
Without a bill it shows what was used, and the costs that the logs recorded.

--html writes a page for the whole and one for each team into a directory, --focus the
lines as CSV in the columns of FOCUS ` + showback.FocusVersion + ` (FinOps Open Cost and Usage Specification).`,
		Example: `  assay cost report --ledger costs.db --month 2026-11 --bill bill.toml
  assay cost report --ledger costs.db --bill bill.toml --by model --html statements
  assay cost report --ledger costs.db --bill bill.toml --focus costs.csv --json`,
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := o.share(c.Context(), c, time.Now())
			if err != nil {
				return err
			}
			return costReport(c.OutOrStdout(), s, &o)
		},
	}
	f := c.Flags()
	o.flags(f)
	f.StringVar(&o.zone, "time-zone", "", "without a bill: where the month begins and ends (default UTC)")
	f.StringVar(&o.by, "by", showback.PerTeam, "what to add up by: "+strings.Join(showback.Dimensions, ", "))
	f.StringVar(&o.html, "html", "", "directory for pages: the whole, and a statement for each team")
	f.StringVar(&o.focus, "focus", "", "file for the lines as CSV in FOCUS's columns")
	return c
}

// costJSON is what --json prints.
type costJSON struct {
	*showback.Statement
	By     string              `json:"by"`
	Groups []showback.Group    `json:"groups"`
	Spent  []showback.Spending `json:"budgets,omitempty"`
}

func costReport(w io.Writer, s *sharedBill, o *costReportOptions) error {
	spent := s.statement.Spendings(s.bill.Budgets)
	page, err := reports.Showback(s.statement, reports.ShowbackOptions{By: o.by, Spendings: spent})
	if err != nil {
		return fmt.Errorf("report: --by: %w", err)
	}
	if err := o.write(s, page, spent); err != nil {
		return err
	}
	if !o.json {
		return reports.Markdown(w, page)
	}
	groups, err := s.statement.By(o.by)
	if err != nil {
		return err
	}
	return printJSON(w, costJSON{s.statement, o.by, groups, spent})
}

// write writes the files that were asked for.
func (o *costReportOptions) write(s *sharedBill, page reports.Page, spent []showback.Spending) error {
	var errs []error
	if o.focus != "" {
		errs = append(errs, writeFile(o.focus, s.statement.Focus))
	}
	if o.html != "" {
		errs = append(errs, writePages(o.html, s.statement, page, spent))
	}
	return errors.Join(errs...)
}

func writePages(dir string, s *showback.Statement, page reports.Page, spent []showback.Spending) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	teams, err := s.By(showback.PerTeam)
	if err != nil {
		return err
	}
	errs := []error{writeFile(filepath.Join(dir, "index.html"), func(w io.Writer) error { return reports.HTML(w, page) })}
	var names []string
	for _, g := range teams {
		name := pageName(g.Name, names)
		names = append(names, name)
		errs = append(errs, writeFile(filepath.Join(dir, name), func(w io.Writer) error { return reports.HTML(w, reports.TeamStatement(s, g.Name, spent)) }))
	}
	return errors.Join(errs...)
}

// pageName is a team's file: its name with what file names should not have replaced, numbered where
// another has the same.
func pageName(team string, taken []string) string {
	base := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, team)
	name := "team-" + base + ".html"
	for n := 2; slices.ContainsFunc(taken, func(other string) bool { return strings.EqualFold(other, name) }); n++ {
		name = fmt.Sprintf("team-%s-%d.html", base, n)
	}
	return name
}
