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
)

// Running is a trial that is announced.
type Running struct {
	K, N int // trial k of n, from 1
	Arm  string
	Load string
	Left time.Duration // estimate for the rest of the run; 0 where unknown
	Live *loadgen.Live
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
	remote  *Remote       // the server that is loaded in place of the engine; nil for the engine
	spent   *spending     // of the remote's budget
	label   string        // behind the arm's name in messages
	extra   []string      // arguments that the engine gets beside the arm's
	took    time.Duration // of the trials done here
	done    int           // trials done here

	calibrated bool // the instrument has been, for this run
}

// Run carries out the plan in dir, or what is left of it, and returns what follows
// from the records. When ctx ends, finished trials are kept and its cause is returned.
func (l *Lab) Run(ctx context.Context, p *Plan, dir string, o store.Options) (study *analysis.Study, err error) {
	r, err := l.open(ctx, p, dir, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.drawn.close(), r.store.Close()) }()
	if err := r.sweep(ctx); err != nil {
		return nil, err
	}
	return r.conclude(ctx)
}

// open makes or resumes a run directory, with weights and quality.
func (l *Lab) open(ctx context.Context, p *Plan, dir string, o store.Options) (*run, error) {
	if p.Scenario.Target != nil {
		return nil, p.Scenario.Problem("target", "a server that is there", "the included engine", "only assay run takes a [target]")
	}
	facts, err := l.describe(p, time.Now())
	if err != nil {
		return nil, err
	}
	s, err := store.Open(dir, p.Scenario.Text, facts, o)
	if err != nil {
		return nil, err
	}
	r := &run{Lab: l, plan: p, store: s, drawn: newDrawn(), client: &http.Client{}}
	if r.weights, err = l.weights(p, dir, modelSum(facts, p.Scenario.Model)); err == nil {
		err = l.quality(ctx, p, s, r.weights)
	}
	if err == nil {
		err = r.outputs(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return r, nil
}

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
	for _, n := range r.store.Run().Host.Noise {
		r.Progress.Note("this machine is noisy: " + n)
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
	live := &loadgen.Live{}
	t := Running{K: k, N: n, Arm: arm.Record.Name + r.label + unprofiled(key), Load: load.Record.Name, Live: live}
	if r.done > 0 {
		t.Left = r.took / time.Duration(r.done) * time.Duration(n-k)
	}
	r.Progress.Trial(t)
	start := time.Now()
	config, err := r.config(key, arm, load, begun.Dir(), live)
	if err != nil {
		return errors.Join(err, begun.Abandon())
	}
	config.Order = k - 1
	rec, err := trial.Run(ctx, config)
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
	study, err := r.analyse()
	if err != nil || study.Choice.Arm == "" || !r.plan.Scenario.Run.Confirm {
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

// confirming is the trial that runs the winner again: at its capacity, or at the
// lowest load where it has none.
func (r *run) confirming(s *analysis.Study) (record.TrialKey, bool) {
	for _, a := range s.Arms {
		if a.Arm.ID != s.Choice.Arm {
			continue
		}
		arm, load := r.find(record.TrialKey{Arm: a.Arm.ID, Load: a.Capacity.Load})
		if load.Record.ID == "" && len(r.plan.Matrix.Loads) > 0 {
			load = r.plan.Matrix.Loads[0]
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
