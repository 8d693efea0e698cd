package experiments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/target"
)

// Installed is what is there of a system that a target starts.
type Installed struct {
	Target *scenario.Target
	target.Found
}

// Examine looks for what is installed of the systems that the plan's targets start, and expands the plan again with the versions
// found, so that what these cannot run is skipped. It starts no server.
func (l *Lab) Examine(ctx context.Context, p *Plan) ([]Installed, error) {
	var all []Installed
	for _, x := range p.Scenario.Targets {
		if !x.System.Started {
			continue
		}
		found := target.Probe(ctx, l.launch(p.Scenario, &sweep.Deployed{Target: x, Values: x.Settings}, ""))
		all = append(all, Installed{x, found})
		p.versions[x.Name] = found.Version
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, p.expand(l)
}

// examine notes what is missing. The trials of such a target fail, and the rest of the run goes on, if there is any.
func (r *run) examine(ctx context.Context) (missing []error, err error) {
	all, err := r.Lab.Examine(ctx, r.plan)
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		if len(i.Missing) > 0 {
			missing = append(missing, fmt.Errorf("target %s cannot be started: %s", i.Target.Name, strings.Join(i.Missing, "; ")))
		}
		for _, note := range i.Notes {
			r.Progress.Note(i.Target.Name + ": " + note)
		}
	}
	return missing, nil
}

// UnavailableError says that nothing of the run can be measured: no server answers, and no system can be started.
type UnavailableError struct{ Err error }

func (e *UnavailableError) Error() string { return e.Err.Error() }

// Unwrap is the reasons.
func (e *UnavailableError) Unwrap() error { return e.Err }

// available refuses a run in which no arm can be measured, and notes what of it cannot.
func (r *run) available(ctx context.Context) error {
	errs, err := r.examine(ctx)
	if err != nil {
		return err
	}
	unreached, err := r.reach(ctx)
	if err != nil {
		return err
	}
	errs = slices.Concat(errs, unreached)
	if !r.plan.Scenario.Included && len(errs) == len(r.plan.Scenario.Targets) {
		return &UnavailableError{errors.Join(errs...)}
	}
	for _, err := range errs {
		r.Progress.Note(err.Error())
	}
	return nil
}
