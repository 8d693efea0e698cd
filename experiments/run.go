package experiments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/trial"
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/workload"
)

// Running is a trial that is announced.
type Running struct {
	K, N int // trial k of n, from 1
	Arm  string
	Load string
	Left time.Duration // estimate for the rest of the run; 0 where unknown
	Live *loadgen.Live

	Classes []string // of the load, in its order; nil for requests of one kind
	Limits  *Limits
}

// run is a plan being carried out.
type run struct {
	*Lab
	plan    *Plan
	store   *store.Store
	weights map[string]string // by quantization
	drawn   drawn             // prompts' sources, and who has what of them
	client  *http.Client
	cores   cores
	aims    map[string]*aim // targets by name
	label   string          // behind the arm's name in messages
	extra   []string        // arguments that the engine gets beside the arm's
	took    time.Duration   // of the trials done here
	done    int             // trials done here

	calibrated bool // the instrument has been, for this run
}

// Run carries out the plan in dir, or what is left of it, and returns what follows
// from the records. When ctx ends, finished trials are kept and its cause is returned.
func (l *Lab) Run(ctx context.Context, p *Plan, dir string, o store.Options) (study *analysis.Study, err error) {
	r, err := l.open(ctx, p, dir, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.sweep(ctx); err != nil {
		return nil, err
	}
	return r.conclude(ctx)
}

// open makes or resumes a run directory, with weights and quality.
func (l *Lab) open(ctx context.Context, p *Plan, dir string, o store.Options) (*run, error) {
	r := &run{Lab: l, plan: p, drawn: newDrawn(), client: &http.Client{}}
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	facts, err := l.describe(p, time.Now())
	if err != nil {
		return nil, err
	}
	facts.Notes = append(facts.Notes, r.notes()...)
	if r.store, err = store.Open(dir, p.Scenario.Text, facts, o); err != nil {
		return nil, err
	}
	if err := r.furnish(ctx, facts); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// prepare is what is done before there is a directory: of a run that may exceed a budget, or of which nothing can be measured,
// none is left.
func (r *run) prepare(ctx context.Context) (err error) {
	if err := r.plan.Scenario.CheckTargets(); err != nil {
		return err
	}
	if r.aims, err = r.Lab.aims(r.plan); err != nil {
		return err
	}
	if err := r.plan.Affordable(); err != nil {
		return err
	}
	return r.available(ctx)
}

// furnish makes what trials need: what was spent before, texts, weights, quality and answers.
func (r *run) furnish(ctx context.Context, facts record.Run) (err error) {
	if err := r.resumeSpending(); err != nil {
		return err
	}
	for name, text := range r.Texts {
		if r.drawn.texts[name], err = workload.NewCorpus(r.plan.model.Tokenizer, text); err != nil {
			return err
		}
	}
	if r.weights, err = r.Lab.weights(r.plan, r.store.Dir(), modelSum(facts, r.plan.Scenario.Model)); err != nil {
		return err
	}
	if err := r.Lab.quality(ctx, r.plan, r.store, r.weights); err != nil {
		return err
	}
	if err := r.outputs(ctx); err != nil {
		return err
	}
	return r.tasks(ctx)
}

func (r *run) close() error { return errors.Join(r.drawn.close(), r.store.Close()) }

// sweep runs the trials that have no record.
func (r *run) sweep(ctx context.Context) error {
	r.levels()
	all := r.all()
	pending := slices.DeleteFunc(slices.Clone(all), func(key record.TrialKey) bool { return r.store.Done(key.ID) })
	if len(pending) == 0 && len(r.store.Run().Searches) == 0 {
		return nil
	}
	restore, err := r.divide()
	if err != nil {
		return err
	}
	defer restore()
	if r.plan.Scenario.Local() {
		for _, n := range r.store.Run().Host.Noise {
			r.Progress.Note("this machine is noisy: " + n)
		}
	}
	total := len(all)
	for i, key := range pending {
		if err := r.trial(ctx, key, total-len(pending)+i+1, total); err != nil {
			return err
		}
	}
	return r.search(ctx)
}

// trial runs one trial and commits its record.
func (r *run) trial(ctx context.Context, key record.TrialKey, k, n int) error {
	if err := r.calibrate(ctx); err != nil {
		return err
	}
	arm, load := r.find(key)
	begun, err := r.store.Begin(key)
	if err != nil {
		return err
	}
	limits := &Limits{tally: newTally(r.plan.Matrix.Limits(load))}
	live := &loadgen.Live{Ended: limits.count}
	t := Running{K: k, N: n, Arm: arm.Record.Name + r.label + unprofiled(key), Load: load.Record.Name, Live: live, Limits: limits}
	for _, c := range load.Record.Classes {
		t.Classes = append(t.Classes, c.Name)
	}
	if r.done > 0 {
		t.Left = r.took / time.Duration(r.done) * time.Duration(n-k)
	}
	r.Progress.Trial(t)
	start := time.Now()
	rec, err := r.measured(ctx, key, begun.Dir(), live, k-1)
	if err != nil {
		return errors.Join(err, begun.Abandon())
	}
	if err := begun.Commit(rec); err != nil {
		return err
	}
	r.took, r.done = r.took+time.Since(start), r.done+1
	r.Progress.Finished(t, words(rec, live.Progress()))
	return nil
}

// measured carries out a trial. One that cannot be begun has failed.
func (r *run) measured(ctx context.Context, key record.TrialKey, dir string, live *loadgen.Live, order int) (record.Trial, error) {
	arm, load := r.find(key)
	config, err := r.config(ctx, key, arm, load, dir, live)
	var no *noTrial
	switch {
	case ctx.Err() != nil:
		return record.Trial{}, context.Cause(ctx)
	case errors.As(err, &no):
		return failed(key, order, no), nil
	case err != nil:
		return record.Trial{}, err
	}
	config.Order = order
	if arm.Target == nil {
		return trial.Run(ctx, config)
	}
	return r.paying(ctx, r.aims[arm.Target.Name], config)
}

func words(t record.Trial, p loadgen.Progress) string {
	if t.Status == record.StatusFailed {
		return "failed: " + t.Reason
	}
	s := fmt.Sprintf("%d requests, %d failed, TTFT p50 %v", p.Done, p.Failed, round(p.TTFT.P50))
	if p.TTFT.P95 > 0 {
		s += fmt.Sprintf(" p95 %v", round(p.TTFT.P95))
	}
	if t.Stopped != "" {
		s += fmt.Sprintf("; over-saturated, so that %d were not sent", t.Unsent)
	}
	return s
}

// round keeps three digits or so.
func round(d time.Duration) time.Duration {
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > 10*time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(10 * time.Microsecond)
}

func (r *run) find(key record.TrialKey) (arm sweep.Arm, load sweep.Load) {
	for _, a := range r.plan.Matrix.Arms {
		if a.Record.ID == key.Arm {
			arm = a
		}
	}
	for _, l := range r.plan.Matrix.Loads {
		if l.Record.ID == key.Load {
			load = l
		}
	}
	return arm, load
}

// conclude analyses the records, and once more after the winner has been confirmed
// on prompts that the sweep never saw.
func (r *run) conclude(ctx context.Context) (*analysis.Study, error) {
	r.tellSpent()
	if err := r.noteOverspent(); err != nil {
		return nil, err
	}
	study, err := r.analyse()
	if err != nil || study.Choice.Arm == "" || !r.plan.Scenario.Run.Confirm {
		return study, err
	}
	if there, err := r.leaveUnconfirmed(study); there || err != nil {
		return study, err
	}
	key, ok := r.confirming(study)
	if !ok || r.store.Done(key.ID) && !r.doubleLeft(key) {
		return study, nil
	}
	restore, err := r.divide()
	if err != nil {
		return nil, err
	}
	defer restore()
	if !r.store.Done(key.ID) {
		r.Progress.Phase("confirming the recommendation on fresh prompts")
		n := len(r.all()) + 1
		if err := r.trial(ctx, key, n, n); err != nil {
			return nil, err
		}
	}
	if err := r.redouble(ctx, key); err != nil {
		return nil, err
	}
	return r.analyse()
}

// leaveUnconfirmed says that a recommended server that is there is not run again: it may be paid for, and its budget is for the
// sweep.
func (r *run) leaveUnconfirmed(s *analysis.Study) (bool, error) {
	a := r.aimOf(s.Choice.Arm)
	if a == nil || a.server == nil {
		return false, nil
	}
	arm, _ := r.find(record.TrialKey{Arm: s.Choice.Arm})
	err := r.store.Note("The recommendation, " + arm.Record.Name + ", is a server that is there: it was not run once more to confirm it.")
	s.Run.Notes = r.store.Run().Notes
	return true, err
}

// noteOverspent says which targets were stopped at their budgets.
func (r *run) noteOverspent() error {
	for _, name := range r.overspent() {
		if err := r.store.Note(fmt.Sprintf("Target %s was %v: what was left of it was not run.", name, r.aims[name].spent.overspent())); err != nil {
			return err
		}
	}
	return nil
}

// confirming is the trial that runs the winner again: at its capacity, or at the
// lowest load where it has none.
func (r *run) confirming(s *analysis.Study) (record.TrialKey, bool) {
	for _, a := range s.Arms {
		if a.Arm.ID != s.Choice.Arm {
			continue
		}
		arm, load := r.find(record.TrialKey{Arm: a.Arm.ID, Load: a.Capacity.Load})
		for _, l := range r.plan.Matrix.Loads {
			if load.Record.ID == "" && r.plan.Matrix.Asks(arm, l.Workload) == "" {
				load = l
			}
		}
		return sweep.Key(arm, load, record.Confirmation), true
	}
	return record.TrialKey{}, false
}

func (r *run) analyse() (*analysis.Study, error) {
	set, err := record.Read(r.store.Dir())
	if err != nil {
		return nil, err
	}
	return analysis.Analyse(set, analysis.Options{Seed: r.plan.Scenario.Run.Seed})
}
