package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/scenarios/data"
)

type runOptions struct {
	out    string
	set    []string
	dryRun bool
	json   bool
	store  store.Options

	consent consent
}

func newRun() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run FILE",
		Short: "Run a scenario: sweep, measure, recommend, report",
		Long: `Run measures quality once for every weight and cache format of the scenario, starts
the engine, or the target that an arm is, once for every trial and puts it under load,
and writes a run directory with report.html and summary.md in it. Before the first
trial it measures answers that it knows, to say how exact it is; if it tells one of
them wrongly it ends.

What targets that are paid for may cost at the worst is printed first, and asked about;
--yes answers, and has to be given where nobody can be asked.

A run can be interrupted or killed at any time: the same command with the same
--out goes on where it was, and loses at most the trial in flight.

Exit code 0: an arm is recommended and proven. 1: no arm can be recommended.
3: one is recommended, but not proven. 4: the instrument is not to be believed, or the
environment failed.`,
		Example: `  assay run scenarios/quickstart.toml
  assay run scenarios/quickstart.toml --dry-run
  assay run scenarios/quickstart.toml --out runs/nightly
  assay run scenarios/quickstart.toml --set run.repetitions=3 \
    --set 'load[0].rates=[5, 10]'`,
		Args: arguments("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			o.consent = o.consent.of(c)
			return runScenario(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], o)
		},
	}
	f := c.Flags()
	setFlag(f, &o.set)
	f.StringVar(&o.out, "out", "", "run directory, new or to be resumed (default: runs/NAME-TIME)")
	f.BoolVar(&o.dryRun, "dry-run", false, "print what would run, how long it may take and what it may cost")
	yesFlag(f, &o.consent)
	f.BoolVar(&o.json, "json", false, "print the recommendation as JSON")
	f.BoolVar(&o.store.Force, "force", false, "with --out: resume although scenario, text, binary or machine changed; the report says so")
	f.BoolVar(&o.store.RetryFailed, "retry-failed", false, "with --out: run failed trials again")
	return c
}

// setFlag is for what a scenario is to say differently this time.
func setFlag(f *pflag.FlagSet, set *[]string) {
	f.StringArrayVar(set, "set", nil, "KEY=VALUE: give a key of the file another value, as engine.threads=2 or load[0].rates=[1,2]; may be repeated")
}

// quotedSets are the flags as a shell takes them.
func quotedSets(set []string) string {
	var b strings.Builder
	for _, s := range set {
		b.WriteString(" --set '" + strings.ReplaceAll(s, "'", `'\''`) + "'")
	}
	return b.String()
}

func newCheck() *cobra.Command {
	var set []string
	c := &cobra.Command{
		Use:   "check FILE...",
		Short: "Check scenario files and the models and texts they name",
		Long: `Check reads each file as run would, opens the models and texts it names, and
reports every problem of a file at once, each with its line. Nothing is started.`,
		Example: "  assay check scenarios/quickstart.toml",
		Args:    arguments("FILE..."),
		RunE: func(c *cobra.Command, args []string) error {
			lab, err := newLab(c.ErrOrStderr())
			if err != nil {
				return err
			}
			var errs []error
			for _, file := range args {
				p, err := lab.load(file, set)
				if err != nil {
					errs = append(errs, err)
					continue
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: ok: %s, %s\n", file, count(len(p.Matrix.Arms), "arm"), count(len(p.Matrix.Loads), "load level")+searchesText(p.Matrix))
				errs = append(errs, p.Close())
			}
			return errors.Join(errs...)
		},
	}
	setFlag(c.Flags(), &set)
	return c
}

// lab is an experiments.Lab with what only this package knows.
type lab struct{ *experiments.Lab }

func newLab(werr io.Writer) (*lab, error) {
	kernels, err := selectKernels()
	if err != nil {
		return nil, err
	}
	executable, err := os.Executable()
	if err != nil {
		return nil, environment(err)
	}
	return &lab{&experiments.Lab{Executable: executable, Version: record.Build{Version: version(), Go: runtime.Version()},
		Open: openFile, Kernels: kernels, Progress: newProgress(werr), Key: keyOf, Texts: map[string]string{builtInText: data.Prose}}}, nil
}

func (l *lab) load(file string, set []string) (*experiments.Plan, error) {
	s, err := scenario.Load(file, set...)
	if err != nil {
		return nil, err
	}
	return l.Plan(s)
}

func runScenario(ctx context.Context, w, werr io.Writer, file string, o runOptions) error {
	l, err := newLab(werr)
	if err != nil {
		return err
	}
	p, err := l.load(file, o.set)
	if err != nil {
		return err
	}
	defer p.Close()
	if o.dryRun {
		return l.dryRun(ctx, w, p)
	}
	if o.out == "" {
		o.out = filepath.Join("runs", p.Scenario.Name+"-"+time.Now().Format("20060102-150405"))
	}
	if err := o.consent.spend(ctx, werr, p); err != nil {
		return err
	}
	fmt.Fprintf(werr, "run directory: %s\n", o.out)
	study, err := l.Run(ctx, p, o.out, o.store)
	l.Progress.(*progress).close()
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(werr, "interrupted; finished trials are kept. Go on with: assay run %s%s%s --out %s\n", file, quotedSets(o.set), o.consent.flag(), o.out)
		return err
	default:
		return asEnvironment(err)
	}
	if err := writeReports(o.out, study); err != nil {
		return err
	}
	return conclude(w, o.out, study, o.json)
}

// asEnvironment marks what is neither the scenario's fault nor the lab's: a full disk, a server that does not answer.
func asEnvironment(err error) error {
	var unavailable *experiments.UnavailableError
	if store.Environment(err) || errors.As(err, &unavailable) {
		return environment(err)
	}
	return err
}

// dryRun prints the arms, the loads, the trials and the estimate.
func (l *lab) dryRun(ctx context.Context, w io.Writer, p *experiments.Plan) error {
	installed, err := l.Examine(ctx, p)
	if err != nil {
		return err
	}
	m := p.Matrix
	fmt.Fprintf(w, "%s: %s x %s x %s\n\n", p.Scenario.Name, count(len(m.Arms), "arm"), count(len(m.Loads), "load level"),
		count(p.Scenario.Run.Repetitions, "repetition"))
	for i, a := range m.Arms {
		fmt.Fprintf(w, "%3d  %s\n", i+1, a.Record.Name)
		if a.Record.Command != "" {
			fmt.Fprintf(w, "     %s\n", a.Record.Command)
		}
	}
	printTargets(w, p, installed)
	fmt.Fprintln(w, "\nloads:")
	for _, load := range m.Loads {
		printLoad(w, load.Record)
	}
	printSearches(w, m)
	for _, s := range m.Skipped {
		fmt.Fprintf(w, "skipped: %s: %s\n", s.Name, s.Reason)
	}
	for _, s := range m.Unmeasured {
		fmt.Fprintf(w, "not measured: %s\n", s)
	}
	fmt.Fprintf(w, "\n%d trials%s, %s\n", len(m.Order(p.Scenario.Run.Seed)), searchesText(m), m.EstimateTime(sweep.DefaultAllowances()))
	return p.Affordable()
}

func printLoad(w io.Writer, r record.Load) {
	fmt.Fprintf(w, "     %s: %d requests after %d of warm-up", r.Name, r.Requests, r.Warmup)
	if r.PromptTokens != "" {
		fmt.Fprintf(w, ", prompt %s tokens, answer %s tokens", r.PromptTokens, r.OutputTokens)
	}
	for _, c := range r.Classes {
		fmt.Fprintf(w, "\n       %s, weight %g: prompt %s tokens, answer %s tokens", c.Name, c.Weight, c.PromptTokens, c.OutputTokens)
	}
	if r.SharedPrefix != "" {
		fmt.Fprintf(w, ", shared prefixes: %s", r.SharedPrefix)
	}
	if r.Conversation != "" {
		fmt.Fprintf(w, ", conversations of %s", r.Conversation)
	}
	fmt.Fprintln(w)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// errNothing and errUnproven are verdicts, not faults: they carry an exit code.
var (
	errNothing  = &exitError{exitBad, errors.New("no arm can be recommended")}
	errUnproven = &exitError{exitUndecided, errors.New("the recommendation is not proven")}
)

func verdict(s *analysis.Study) error {
	switch {
	case s.Choice.Arm == "":
		return errNothing
	case !s.Choice.Proven:
		return errUnproven
	}
	return nil
}
