package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaylab/assay/analysis/gate"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/reports"
)

type gateOptions struct {
	budgets, baseline string
	store             string
	junit, markdown   string
	json              bool
	otherMachine      bool
	duet              duetOptions
}

func newGate() *cobra.Command {
	var o gateOptions
	c := &cobra.Command{
		Use:   "gate [RUN] --budget FILE",
		Short: "Judge a run against budgets: pass, fail or undecided",
		Long: `Gate judges a run directory against a file of budgets: limits on latency percentiles,
throughput, capacity, failures and perplexity, and bounds on how much they may be
worse than in a baseline: another run directory, or a run that assay baseline keeps.
With --baseline latest it is the newest one of the same scenario, files and machine.
What cannot be wrong by chance is judged first: answers, failures, perplexity.

A check fails only where it is beyond its budget and chance is ruled out, passes only
where its interval lies within, and is otherwise undecided, with how many more
requests or repetitions would decide it.

With --scenario in place of RUN the gate measures first: it runs the scenario with two
builds in turn, trial by trial, so that what the machine does meanwhile it does to
both, and judges the second against the first. With --until-decided it adds repetitions
while a check is undecided and can be decided in --max-time.

--self-test shows that the gate can find something here: with twice the same build it
must not fail, and with one that is made slower by --handicap it must.

Exit code 0: every check passes. 1: one fails. 3: none fails, and one is undecided.`,
		Example: `  assay gate runs/nightly --budget budgets.toml
  assay gate runs/pr --budget budgets.toml --baseline runs/main --junit gate.xml
  assay gate runs/pr --budget budgets.toml --baseline latest
  assay gate --scenario scenarios/ci.toml --engine-a ./assay-main \
    --budget scenarios/budgets/ci.toml --until-decided
  assay gate --self-test --scenario scenarios/ci.toml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := ""
			if len(args) > 0 {
				dir = args[0]
			}
			return o.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), dir)
		},
	}
	o.flags(c.Flags())
	return c
}

func (o *gateOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.budgets, "budget", "", "file of budgets")
	f.StringVar(&o.baseline, "baseline", "", "what bounds on change refer to: a run directory, the name or id of a baseline that is kept, or latest")
	storeFlag(f, &o.store)
	f.BoolVar(&o.otherMachine, "other-machine", false, "accept a baseline from another machine")
	f.StringVar(&o.junit, "junit", "", "write the checks as JUnit XML to this file")
	f.StringVar(&o.markdown, "markdown", "", "write the checks as Markdown to this file")
	f.BoolVar(&o.json, "json", false, "print the checks as JSON")
	o.duet.flags(f)
}

// run judges the run directory, "" for none.
func (o *gateOptions) run(ctx context.Context, w, werr io.Writer, dir string) error {
	if err := o.check(dir); err != nil {
		return err
	}
	switch {
	case o.duet.selfTest:
		return selfTest(ctx, w, werr, *o)
	case dir == "":
		return judgeDuet(ctx, w, werr, *o)
	}
	return judgeRun(ctx, w, dir, *o)
}

// check says what is missing, or too much.
func (o *gateOptions) check(run string) error {
	d := o.duet
	switch {
	case d.selfTest && d.scenario == "":
		return errors.New("a self-test needs --scenario FILE, as scenarios/ci.toml")
	case run == "" && d.scenario == "":
		return errors.New("expected a run directory, or --scenario FILE to measure with two builds in turn")
	case run != "" && (d.scenario != "" || d.selfTest || d.first != "" || d.second != "" || d.untilDecided || d.out != "" || len(d.set) > 0):
		return errors.New("a run directory is judged as it is: --scenario, --engine-a, --engine-b, --until-decided, --self-test, --out and --set measure a new one")
	case d.selfTest && (o.junit != "" || o.markdown != "" || d.first != "" || d.second != ""):
		return errors.New("a self-test judges this build against itself, twice: leave --junit, --markdown, --engine-a and --engine-b out")
	case d.scenario != "" && o.baseline != "":
		return errors.New("--scenario measures its own baseline: leave --baseline out")
	case o.budgets == "" && !d.selfTest:
		return errors.New("--budget FILE is missing; scenarios/budgets/ci.toml is one to begin with")
	case d.scenario != "" && d.first == "" && !d.selfTest:
		return errors.New("--engine-a PATH is missing: the build that is the baseline, an assay binary")
	}
	return nil
}

func judgeRun(ctx context.Context, w io.Writer, dir string, o gateOptions) error {
	collectOften()
	budgets, err := scenario.LoadBudgets(o.budgets)
	if err != nil {
		return err
	}
	set, err := record.Read(dir)
	if err != nil {
		return err
	}
	judging := gate.Options{OtherMachine: o.otherMachine, Seed: set.Run.Seed}
	if o.baseline != "" {
		if judging.Baseline, judging.Stored, err = o.baselineOf(ctx, &set.Run); err != nil {
			return fmt.Errorf("baseline: %w", err)
		}
	}
	r, err := gate.Judge(set, budgets, judging)
	if err != nil {
		return fmt.Errorf("%s: %w", o.budgets, err)
	}
	return o.conclude(w, r)
}

// conclude writes and prints the checks, and returns the verdict.
func (o *gateOptions) conclude(w io.Writer, r *gate.Result) error {
	if err := writeGate(r, *o); err != nil {
		return err
	}
	if err := printGate(w, r, o.json); err != nil {
		return err
	}
	return gateVerdict(r.Verdict)
}

func writeGate(r *gate.Result, o gateOptions) error {
	var errs []error
	if o.junit != "" {
		errs = append(errs, writeFile(o.junit, func(w io.Writer) error { return reports.JUnit(w, r) }))
	}
	if o.markdown != "" {
		errs = append(errs, writeFile(o.markdown, func(w io.Writer) error { return reports.Gate(w, r, true) }))
	}
	return errors.Join(errs...)
}

func gateVerdict(v gate.Verdict) error {
	switch v {
	case gate.Fail:
		return &exitError{exitBad, errors.New("a budget is broken")}
	case gate.Undecided:
		return &exitError{exitUndecided, errors.New("a budget is undecided")}
	}
	return nil
}

// jsonCheck is a check of gate --json. A number that is not there, or not finite, is null.
type jsonCheck struct {
	Budget    string   `json:"budget"` // where it stands in the file
	Metric    string   `json:"metric"`
	Arm       string   `json:"arm"`
	Load      string   `json:"load,omitempty"`
	Relative  bool     `json:"relative"`
	Unit      string   `json:"unit"`
	Estimate  *float64 `json:"estimate"`
	Low       *float64 `json:"low"`
	High      *float64 `json:"high"`
	Threshold float64  `json:"threshold"`
	P         *float64 `json:"p_adjusted"`
	Verdict   string   `json:"verdict"`
	NeedMore  int      `json:"need_more"`
	Of        string   `json:"need_more_of,omitempty"`
	Reason    string   `json:"reason"`
}

type jsonGate struct {
	Verdict  string      `json:"verdict"`
	Checks   []jsonCheck `json:"checks"`
	Warnings []string    `json:"warnings"`
}

func printGate(w io.Writer, r *gate.Result, asJSON bool) error {
	if !asJSON {
		return reports.Gate(w, r, false)
	}
	out := jsonGate{Verdict: string(r.Verdict), Checks: []jsonCheck{}, Warnings: append([]string{}, r.Warnings...)}
	for _, c := range r.Checks {
		unit := c.Budget.Metric.Unit
		if c.Relative {
			unit = "ratio"
		}
		out.Checks = append(out.Checks, jsonCheck{Budget: c.Budget.Key, Metric: c.Budget.Metric.String(), Arm: c.Arm, Load: c.Load, Relative: c.Relative, Unit: unit,
			Estimate: finite(c.Estimate), Low: finite(c.Low), High: finite(c.High), Threshold: c.Threshold, P: finite(c.P),
			Verdict: string(c.Verdict), NeedMore: c.NeedMore, Of: c.Of, Reason: c.Reason})
	}
	return json.NewEncoder(w).Encode(out)
}
