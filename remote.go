package main

import (
	"context"
	"fmt"
	"os"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/experiments"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/scenarios/data"
)

// remoteOf is the server that a scenario's [target] names, with the key that the environment has for it.
func remoteOf(t *scenario.Target) (experiments.Remote, error) {
	key, err := dialect.NewKey(os.Getenv(t.KeyVariable))
	if err != nil {
		return experiments.Remote{}, fmt.Errorf("%s: %w", t.KeyVariable, err)
	}
	r, err := experiments.NewRemote(t, key)
	if err != nil {
		return r, err
	}
	if !key.Given() && r.Server.Provider() {
		return r, environment(fmt.Errorf("%s answers nobody without a key, and %s is not set", r.Server.Base, t.KeyVariable))
	}
	r.Texts = map[string]string{builtInText: data.Prose}
	return r, nil
}

// loadTarget puts the plan's loads on the server of its [target].
func (l *lab) loadTarget(ctx context.Context, p *experiments.Plan, out string) (*analysis.Study, error) {
	r, err := remoteOf(p.Scenario.Target)
	if err != nil {
		return nil, err
	}
	if err := p.Affordable(r); err != nil {
		return nil, err
	}
	if err := r.FindModel(ctx); err != nil {
		return nil, environment(err)
	}
	p.AsRemote(r.Name())
	study, err := l.LoadRemote(ctx, p, r, out)
	if err != nil && store.Environment(err) {
		return nil, environment(err)
	}
	return study, err
}
