package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/gate"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/store"
)

type duetOptions struct {
	scenario      string
	set           []string
	first, second string // binaries; "" for this one
	out           string
	untilDecided  bool
	maxTime       time.Duration
	selfTest      bool
	handicap      float64
}

func (d *duetOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&d.scenario, "scenario", "", "scenario to measure with two builds in turn")
	setFlag(f, &d.set)
	f.StringVar(&d.first, "engine-a", "", "assay binary that is the baseline")
	f.StringVar(&d.second, "engine-b", "", "assay binary that is judged (default: this one)")
	f.StringVar(&d.out, "out", "", "directory for both runs, new or to be resumed (default: runs/gate-NAME-TIME)")
	f.BoolVar(&d.untilDecided, "until-decided", false, "add repetitions while a check is undecided")
	f.DurationVar(&d.maxTime, "max-time", 10*time.Minute, "with --until-decided: when to stop")
	f.BoolVar(&d.selfTest, "self-test", false, "see whether the gate finds a slow-down of known size, and finds none where there is none")
	f.Float64Var(&d.handicap, "handicap", 0.2, "with --self-test: by what share every step is made longer")
}

// judgeDuet measures two builds in turn and judges the second.
func judgeDuet(ctx context.Context, w, werr io.Writer, o gateOptions) error {
	budgets, err := scenario.LoadBudgets(o.budgets)
	if err != nil {
		return err
	}
	l, p, err := o.duet.plan(werr)
	if err != nil {
		return err
	}
	defer p.Close()
	r, err := o.duet.judge(ctx, l, p, o.duet.dir(p), 0, budgets)
	if err != nil {
		return o.duet.interrupted(werr, err)
	}
	return o.conclude(w, r)
}

func (d *duetOptions) plan(werr io.Writer) (*lab, *experiments.Plan, error) {
	l, err := newLab(werr)
	if err != nil {
		return nil, nil, err
	}
	p, err := l.load(d.scenario, d.set)
	return l, p, err
}

// dir is where the runs go; it is chosen once, so that messages name it.
func (d *duetOptions) dir(p *experiments.Plan) string {
	if d.out == "" {
		d.out = filepath.Join("runs", "gate-"+p.Scenario.Name+"-"+time.Now().Format("20060102-150405"))
	}
	return d.out
}

func (d *duetOptions) interrupted(werr io.Writer, err error) error {
	if errors.Is(err, context.Canceled) {
		fmt.Fprintf(werr, "interrupted; finished trials are kept. The same command with --out %s goes on\n", d.out)
	}
	if store.Environment(err) {
		return environment(err)
	}
	return err
}

// judge measures below dir, and judges until the verdict stands or the time is over.
func (d *duetOptions) judge(ctx context.Context, l *lab, p *experiments.Plan, dir string, handicap float64, budgets []gate.Budget) (r *gate.Result, err error) {
	first := experiments.Side{Dir: filepath.Join(dir, "a"), Executable: d.first}
	second := experiments.Side{Dir: filepath.Join(dir, "b"), Executable: d.second, Handicap: handicap}
	stop := time.Now().Add(d.maxTime)
	begun, done := time.Now(), 0
	err = l.Duet(ctx, p, first, second, store.Options{}, func(a, b *record.Set) (int, error) {
		r, err = gate.Judge(b, budgets, gate.Options{Baseline: a, Seed: a.Run.Seed})
		if err != nil || !d.untilDecided || r.Verdict != gate.Undecided {
			return 0, err
		}
		each := time.Since(begun) / time.Duration(max(1, b.Run.Repetitions-done))
		more := wanted(r, b.Run.Repetitions, int(time.Until(stop)/each))
		begun, done = time.Now(), b.Run.Repetitions
		l.Progress.Note(fmt.Sprintf("undecided after %d repetitions; %d more", b.Run.Repetitions, more))
		return more, nil
	})
	l.Progress.(*progress).close()
	return r, err
}

// wanted is how many repetitions are added: what the checks ask for, a half as many as there are at a time, as the estimates of
// few are rough, and no more than there is time for.
func wanted(r *gate.Result, have, affordable int) int {
	most := 0
	for _, c := range r.Checks {
		if c.Verdict == gate.Undecided && c.NeedMore > 0 {
			n := c.NeedMore
			if c.Of == "requests" {
				n = int(math.Ceil(float64(n) / float64(max(1, requestsOf(r, c)/max(1, have)))))
			}
			most = max(most, n)
		}
	}
	return max(0, min(most, max(2, have/2), affordable))
}

// requestsOf is how many requests a repetition of a check's load has.
func requestsOf(r *gate.Result, c gate.Check) int {
	for _, l := range r.Run.Loads {
		if l.Name == c.Load {
			return l.Requests * r.Run.Repetitions
		}
	}
	return 1
}

// selfTest judges a build against itself, and against itself made slower.
func selfTest(ctx context.Context, w, werr io.Writer, o gateOptions) error {
	d := o.duet
	if !(d.handicap > 0) {
		return fmt.Errorf("--handicap is %v, expected more than 0", d.handicap)
	}
	budgets := controlBudgets(d.handicap)
	if o.budgets != "" {
		var err error
		if budgets, err = scenario.LoadBudgets(o.budgets); err != nil {
			return err
		}
	}
	l, p, err := d.plan(werr)
	if err != nil {
		return err
	}
	defer p.Close()
	dir, verdicts := d.dir(p), [2]gate.Verdict{}
	for i, control := range []struct {
		name     string
		handicap float64
	}{{"same", 0}, {"slower", d.handicap}} {
		r, err := d.judge(ctx, l, p, filepath.Join(dir, control.name), control.handicap, budgets)
		if err != nil {
			return d.interrupted(werr, err)
		}
		verdicts[i] = r.Verdict
		fmt.Fprintf(werr, "the same build, every step %g %% longer:\n", 100*control.handicap)
		if err := printGate(w, r, o.json); err != nil {
			return err
		}
	}
	return selfVerdict(werr, verdicts, d.handicap)
}

// controlBudgets bound what a handicap moves by half of it.
func controlBudgets(handicap float64) []gate.Budget {
	var all []gate.Budget
	for i, m := range compare.Metrics() {
		if m.Percentile == .5 && (m.Name == "tpot" || m.Name == "e2e") {
			all = append(all, gate.Budget{Key: fmt.Sprintf("control[%d]", i), Metric: m, Limit: math.NaN(), Ratio: 1 + handicap/2})
		}
	}
	return all
}

func selfVerdict(w io.Writer, v [2]gate.Verdict, handicap float64) error {
	switch {
	case v[0] == gate.Fail:
		fmt.Fprintln(w, "\nself-test: the gate fails a build for being itself. Do not trust it here.")
		return &exitError{exitBad, errors.New("the gate cries wolf")}
	case v[1] == gate.Fail && v[0] == gate.Pass:
		fmt.Fprintf(w, "\nself-test: passed. A slow-down of %g %% is found, and none where there is none.\n", 100*handicap)
		return nil
	case v[1] == gate.Pass:
		fmt.Fprintf(w, "\nself-test: the gate passes a build that is %g %% slower.\n", 100*handicap)
		return &exitError{exitBad, errors.New("the gate is blind")}
	}
	fmt.Fprintln(w, "\nself-test: undecided. More repetitions are needed here: --set run.repetitions=N, or --until-decided.")
	return &exitError{exitUndecided, errors.New("the self-test is undecided")}
}
