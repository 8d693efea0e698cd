package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/experiments/planning"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/reports"
)

// Names of the files of a plan.
const (
	planHTML     = "report.html"
	planMarkdown = "report.md"
	planCSV      = "plan.csv"
	planJSON     = "plan.json"
)

type planOptions struct {
	out      string
	day      string
	json     bool
	dryRun   bool
	simulate bool
	reach    float64
}

func newPlan() *cobra.Command {
	var o planOptions
	c := &cobra.Command{
		Use:   "plan FILE",
		Short: "Plan capacity: what to buy, reserve, rent or call, when, and what it costs",
		Long: `Plan forecasts demand from a history or from stated growth, finds how many replicas
hold the limits in the busiest hour of each month from measured or published curves,
and decides for all months together what to buy, reserve, rent or send to an API, at
the prices of the catalogue (assay prices). It says what to order by when, what that
costs, what it depends on, and what would change the decision; and it simulates each
month's busiest hour where the run of the arm has a trace of its steps.

It prints the answer and writes report.html, report.md, plan.csv and plan.json.

Exit code 0: there is a plan. 1: the demand cannot be served within the limits, or the
plan exceeds the budget that the file states. 2: the file, or what it names, is wrong.
3: there is a plan, and the simulation disagrees with it.`,
		Example: `  assay plan scenarios/plan.toml
  assay plan scenarios/plan.toml --out plans/2027 --json
  assay plan scenarios/plan.toml --dry-run
  assay plan scenarios/plan.toml --day 2026-12-01`,
		Args: arguments("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			return makePlan(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "", "directory of the reports (default: plans/NAME)")
	f.StringVar(&o.day, "day", "", "day of the decision, as 2026-12-01 (default: today)")
	f.BoolVar(&o.json, "json", false, "print the plan as JSON")
	f.BoolVar(&o.dryRun, "dry-run", false, "read everything, say what would be planned, write nothing")
	f.BoolVar(&o.simulate, "simulate", true, "simulate busiest hours where the run has a trace")
	f.Float64Var(&o.reach, "reach", plan.DefaultReach, "look for other decisions within this factor of inputs")
	return c
}

func makePlan(ctx context.Context, w, werr io.Writer, path string, o planOptions) error {
	today, err := dayOf(o.day)
	if err != nil {
		return err
	}
	if !(o.reach >= 1 && o.reach <= 100) {
		return fmt.Errorf("--reach is %v, expected a factor from 1 to 100", o.reach)
	}
	file, err := scenario.LoadPlan(path)
	if err != nil {
		return err
	}
	out, err := planDir(o.out, file.Name)
	if err != nil {
		return err
	}
	p := newProgress(werr)
	defer p.close() // the line of what was being done, before an error
	p.step("reading what the plan names, and forecasting demand")
	in, err := planning.Read(file, today)
	if err != nil {
		return err
	}
	if o.dryRun {
		p.close()
		return dryPlan(w, in, out)
	}
	p.step("comparing plans")
	outlook, err := plan.Make(*in, plan.Effort{Reach: o.reach})
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.simulate {
		if outlook.Checks, err = planning.Check(ctx, outlook, hoursSimulated(p)); err != nil {
			return err
		}
		outlook.Conclude()
	}
	p.close()
	if err := writePlan(out, outlook); err != nil {
		return err
	}
	return concludePlan(w, out, outlook, o.json)
}

// dayOf reads --day; without it the day is today's.
func dayOf(text string) (time.Time, error) {
	if text == "" {
		y, m, d := time.Now().Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, fmt.Errorf("--day is %q, expected a day such as 2026-12-01", text)
	}
	return day, nil
}

// planDir is where the plan goes. What is there and is no plan stays.
func planDir(out, name string) (string, error) {
	if out == "" {
		out = filepath.Join("plans", fileName(name))
	}
	entries, err := os.ReadDir(out)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return out, nil
	case err != nil:
		return "", fmt.Errorf("--out: %w", err)
	}
	for _, e := range entries {
		if e.Name() == planJSON {
			return out, nil
		}
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("--out: %s holds no plan: expected a new directory, or one that a plan was written to", out)
	}
	return out, nil
}

// fileName is a name that a directory can have.
func fileName(name string) string {
	safe := []rune(name)
	for i, r := range safe {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_') {
			safe[i] = '-'
		}
	}
	return string(safe)
}

func hoursSimulated(p *progress) func(done, all int) {
	return func(done, all int) {
		p.step(fmt.Sprintf("the busiest hour of %d of %d months is simulated", done, all))
	}
}

// concludePlan prints the plan and returns the verdict.
func concludePlan(w io.Writer, dir string, o *plan.Outlook, asJSON bool) error {
	if asJSON {
		if err := printJSON(w, planSummary(o)); err != nil {
			return err
		}
		return planVerdict(o)
	}
	fmt.Fprintln(w, o.Answer)
	if len(o.Warnings) > 0 {
		fmt.Fprintln(w, "\nWhat weakens this plan:")
		for _, s := range o.Warnings {
			fmt.Fprintln(w, "- "+s)
		}
	}
	if o.Chosen() != nil {
		fmt.Fprintln(w)
		if err := reports.PlanTable(o, true).Text(w); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "\nreport: %s\n", filepath.Join(dir, planHTML))
	return planVerdict(o)
}

func planVerdict(o *plan.Outlook) error {
	switch {
	case o.Chosen() == nil:
		return &exitError{exitBad, errors.New("plan: infeasible: the reasons are above")}
	case len(o.Over) > 0:
		return &exitError{exitBad, errors.New("plan: over budget")}
	case o.Checks != nil && len(o.Checks.Disagree()) > 0:
		return &exitError{exitUndecided, errors.New("plan: the simulation disagrees")}
	}
	return nil
}

// dryPlan says what was read.
func dryPlan(w io.Writer, in *plan.Inputs, out string) error {
	fmt.Fprintf(w, "%s: %s, %s, demand %s from %s, for the scenario %s\n", in.Name, count(len(in.Arms), "arm"), count(len(in.Options), "option"),
		in.Demand.Forecast.Model, in.Demand.Forecast.Source, in.Demand.PlanFor)
	for _, a := range in.Arms {
		fmt.Fprintf(w, "  arm %s: %s, %s\n", a.Name, a.Curve.Origin, count(len(a.Curve.Points), "load"))
	}
	for _, opt := range in.Options {
		row := opt.Row.About()
		doubt := ""
		if d := row.Doubt(in.Today); d != "" {
			doubt = ", stale: " + d
		}
		fmt.Fprintf(w, "  option %s: %s of %s%s\n", opt.Offer.Name, row.Name, row.Date, doubt)
	}
	_, err := fmt.Fprintf(w, "would be written to %s\n", out)
	return err
}
