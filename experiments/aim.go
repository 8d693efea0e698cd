package experiments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/experiments/trial"
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/dialect"
)

// aim is a target of a run under way: how its requests are made, and what they may come to.
type aim struct {
	*scenario.Target
	server  *target.Remote  // nil for what is started
	options dialect.Options // of its requests; temperature and ignore_eos are the load's
	spent   *spending
}

// aims are the targets of a plan by name, with their keys. Nothing has been sent to them yet.
func (l *Lab) aims(p *Plan) (map[string]*aim, error) {
	all := map[string]*aim{}
	for _, x := range p.Scenario.Targets {
		a, err := l.aim(x)
		if err != nil {
			return nil, err
		}
		all[x.Name] = a
	}
	return all, nil
}

func (l *Lab) aim(x *scenario.Target) (*aim, error) {
	a := &aim{Target: x, spent: newSpending(x)}
	a.options = dialect.Options{Model: x.Model, Usage: x.Usage, Stop: x.Stop, ServerSampling: x.ServerSampling, Extra: x.Body}
	if x.System.Started {
		if a.options.Model == "" {
			a.options.Model = servedName
		}
		return a, nil
	}
	var err error
	if l.Key != nil {
		if a.options.Key, err = l.Key(x); err != nil {
			return nil, err
		}
	}
	a.server, err = target.NewRemote(x.URL, x.Dialect, a.options.Key)
	return a, err
}

// reach asks every server that is there what it serves, which is also the first sign of life, and takes the first model where none
// is named. The trials of one that does not answer fail; why it does not is returned.
func (r *run) reach(ctx context.Context) (silent []error, err error) {
	for _, x := range r.plan.Scenario.Targets {
		a := r.aims[x.Name]
		if a.server == nil {
			continue
		}
		if err := a.findModel(ctx); err != nil {
			silent = append(silent, err)
			continue
		}
		r.plan.Matrix.Called(x.Name, a.options.Model)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return silent, nil
}

// findModel asks the server for its models, and takes the first where none is named.
func (a *aim) findModel(ctx context.Context) error {
	names, err := a.server.Models(ctx)
	switch {
	case errors.Is(err, target.ErrBusy) && a.options.Model != "":
		return nil
	case err != nil:
		return err
	case a.options.Model == "" && len(names) == 0:
		return fmt.Errorf("%s does not list its models: name one with --model, or as model of [target]", a.server.Base)
	case a.options.Model == "":
		a.options.Model = names[0]
	}
	return nil
}

// notes are facts of the targets that a reader must know.
func (r *run) notes() (all []string) {
	for _, x := range r.plan.Scenario.Targets {
		if a := r.aims[x.Name]; a.server != nil {
			all = append(all, a.notes(r.plan.Scenario.Local())...)
		}
	}
	return all
}

func (a *aim) notes(local bool) []string {
	machine := "The machine described here is the load generator's."
	if local {
		machine = "The machine described here need not be its."
	}
	all := []string{
		"The server at " + a.server.Base + " was there before: its settings and its machine are not known. " + machine,
		"It was spoken to in the dialect " + a.Dialect.Name + ": " + a.Dialect.Usage + ".",
	}
	if untold := a.Dialect.Untold; len(untold) > 0 {
		all = append(all, "What it does not tell: "+strings.Join(untold, "; ")+".")
	}
	if a.Region != "" {
		all = append(all, "Its region, as declared: "+a.Region+".")
	}
	if a.ServerSampling {
		all = append(all, "It sampled as it pleased: no temperature was sent.")
	}
	return all
}

// aimOf is the target that an arm is, nil for an engine or a gateway.
func (r *run) aimOf(arm string) *aim {
	a, _ := r.find(record.TrialKey{Arm: arm})
	if a.Target == nil {
		return nil
	}
	return r.aims[a.Target.Name]
}

// deploymentDir is where a started system's own files are kept with a trial.
const deploymentDir = "deployment"

// launch is what an arm of a started system is made of. dir is the trial's; "" where nothing is to be written.
func (l *Lab) launch(s *scenario.Scenario, d *sweep.Deployed, dir string) target.Launch {
	served := d.Model
	if served == "" {
		served = servedName
	}
	if dir != "" {
		dir = filepath.Join(dir, deploymentDir)
	}
	return target.Launch{Kind: d.System, Values: d.Values, Model: s.Resolve(d.Path), Served: served, Command: d.Command, Dir: dir, Client: &http.Client{}}
}

// noTrial says why a trial cannot be begun: it then fails with that reason, and the run goes on.
type noTrial struct{ error }

func (e *noTrial) Unwrap() error { return e.error }

// failed is the record of a trial that was not begun.
func failed(key record.TrialKey, order int, why error) record.Trial {
	return record.Trial{Format: record.FormatVersion, Key: key, Order: order, Status: record.StatusFailed, Reason: why.Error(),
		Started: time.Now().UTC().Format(time.RFC3339Nano)}
}

// targetConfig makes a trial of a target.
func (r *run) targetConfig(ctx context.Context, key record.TrialKey, arm sweep.Arm, load sweep.Load, dir string, live *loadgen.Live) (trial.Config, error) {
	a := r.aims[arm.Target.Name]
	c := trial.Config{Key: key, Dir: dir, ReadyTimeout: r.plan.Scenario.Run.ReadyTimeout}
	if a.server != nil {
		if a.options.Model == "" {
			if err := a.findModel(ctx); err != nil {
				return c, &noTrial{err}
			}
		}
		c.Target = a.server
	} else if err := r.started(&c, a, arm); err != nil {
		return c, &noTrial{err}
	}
	if err := r.attacks(&c, load, live); err != nil {
		return c, err
	}
	c.Double = key.Repetition == record.DoubleLab
	if err := r.metered(&c, a.spent); err != nil {
		return c, err
	}
	r.guard(&c, a)
	return c, nil
}

// started adds the system that the lab starts.
func (r *run) started(c *trial.Config, a *aim, arm sweep.Arm) (err error) {
	l := r.launch(r.plan.Scenario, arm.Target, c.Dir)
	l.CPUs, c.Shared = r.cores.external()
	c.ReadyTimeout, c.Command = a.ReadyTimeout, sweep.CommandLine(l.CommandLine())
	c.Target, err = target.New(l)
	return err
}

// overspent are the targets that spent their budgets.
func (r *run) overspent() (names []string) {
	for name, a := range r.aims {
		if a.spent.overspent() != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
