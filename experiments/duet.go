package experiments

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/store"
)

// Side is one of two builds that run the same scenario in turn.
type Side struct {
	Dir        string  // run directory
	Executable string  // its assay binary; "" for the lab's own
	Handicap   float64 // share by which its steps are made longer, as a negative control
}

// Decide is asked when both sides have all their repetitions: how many more each shall have, 0 to end.
type Decide func(first, second *record.Set) (more int, err error)

// Duet carries out the plan with two builds in turn, trial by trial, the one first and then the other: what
// the machine does meanwhile it does to both, so that differences between them are the builds' own (Bulej et al. 2020, "Duet
// Benchmarking: Improving Measurement Accuracy in the Cloud"). When ctx ends, finished trials are kept, and the same call goes
// on with them.
func (l *Lab) Duet(ctx context.Context, p *Plan, first, second Side, o store.Options, decide Decide) (err error) {
	if len(p.Scenario.Targets) > 0 {
		return p.Scenario.Problem(p.Scenario.Targets[0].Key, "a target", "the included engine, of which two builds are compared", "only assay run takes a target")
	}
	if len(p.Matrix.Searches()) > 0 {
		return fmt.Errorf("%s: two builds in turn need the same rates: give rates in place of [load.search]", p.Scenario.File)
	}
	a, err := l.side(ctx, p, first, " (a)", o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.store.Close()) }()
	b, err := l.side(ctx, p, second, " (b)", o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.store.Close()) }()
	restore, err := a.divide()
	if err != nil {
		return err
	}
	defer restore()
	b.cores = a.cores
	if err := b.noteCores(); err != nil {
		return err
	}
	for _, n := range a.store.Run().Host.Noise {
		l.Progress.Note("this machine is noisy: " + n)
	}
	return play(ctx, a, b, decide)
}

// side opens the run of one side, with a lab whose binary is its own.
func (l *Lab) side(ctx context.Context, p *Plan, s Side, label string, o store.Options) (*run, error) {
	own := *l
	if s.Executable != "" {
		version, err := exec.CommandContext(ctx, s.Executable, "--version").Output()
		if err != nil {
			return nil, fmt.Errorf("%s is no assay binary: %w", s.Executable, err)
		}
		own.Executable = s.Executable
		own.Version = record.Build{Version: strings.TrimSpace(strings.TrimPrefix(string(version), "assay version "))}
	}
	r, err := own.open(ctx, p, s.Dir, o)
	if err != nil {
		return nil, err
	}
	if r.label = label; s.Handicap == 0 {
		return r, nil
	}
	r.extra = []string{fmt.Sprintf("--handicap=%g", s.Handicap)}
	if err := r.store.Note(fmt.Sprintf("A handicap makes every step of the engine %g %% longer: this is a control, not a measurement.", 100*s.Handicap)); err != nil {
		return nil, errors.Join(err, r.store.Close())
	}
	return r, nil
}

// play runs what is left of both sides, and what is added to it.
func play(ctx context.Context, a, b *run, decide Decide) error {
	for {
		if err := inTurn(ctx, a, b); err != nil {
			return err
		}
		first, err := record.Read(a.store.Dir())
		if err != nil {
			return err
		}
		second, err := record.Read(b.store.Dir())
		if err != nil {
			return err
		}
		more, err := decide(first, second)
		if err != nil || more <= 0 {
			return err
		}
		for _, r := range []*run{a, b} {
			n := r.store.Run().Repetitions + more
			if err := r.store.Extend(n, r.plan.Matrix.Orders(r.plan.Scenario.Run.Seed, n)); err != nil {
				return err
			}
		}
	}
}

// inTurn runs every trial that has no record, of both sides one after the other, which of them comes first in turn too.
func inTurn(ctx context.Context, a, b *run) error {
	order := a.store.Run().Order
	for i, key := range order {
		sides := []*run{a, b}
		if i%2 == 1 {
			sides = []*run{b, a}
		}
		for j, r := range sides {
			if r.store.Done(key.ID) {
				continue
			}
			if err := r.trial(ctx, key, 2*i+j+1, 2*len(order)); err != nil {
				return err
			}
		}
	}
	return nil
}
