package experiments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/workload"
)

// Remote is a server that somebody else runs.
type Remote struct {
	Server  *target.Remote
	Options dialect.Options   // of its requests; temperature and ignore_eos are the load's
	Budget  Budget            // of the whole run
	Texts   map[string]string // texts that are not files, by what loads name
	Region  string            // as declared
}

// NewRemote is the server that a scenario's [target] names. The model may still be "".
func NewRemote(t *scenario.Target, key dialect.Key) (Remote, error) {
	server, err := target.NewRemote(t.URL, t.Dialect, key)
	if err != nil {
		return Remote{}, err
	}
	return Remote{
		Server: server, Budget: Budget{t.BudgetRequests, t.BudgetTokens}, Region: t.Region,
		Options: dialect.Options{Model: t.Model, Key: key, Usage: t.Usage, Stop: t.Stop, ServerSampling: t.ServerSampling, Extra: t.Body},
	}, nil
}

// FindModel asks the server what it serves, which is also the first sign of life, and takes the first model where none is named.
func (r *Remote) FindModel(ctx context.Context) error {
	names, err := r.Server.Models(ctx)
	switch {
	case err != nil:
		return err
	case r.Options.Model == "" && len(names) == 0:
		return fmt.Errorf("%s does not list its models: name one with --model, or as model of [target]", r.Server.Base)
	case r.Options.Model == "":
		r.Options.Model = names[0]
	}
	return nil
}

// Name is what the server's arm is called.
func (r *Remote) Name() string { return r.Options.Model + " at " + r.Server.Base }

// notes are facts that a reader must know.
func (r *Remote) notes() []string {
	all := []string{
		"The server at " + r.Server.Base + " was there before: its settings and its machine are not known. The machine described here is the load generator's.",
		"It was spoken to in the dialect " + r.Server.Kind.Name + ": " + r.Server.Kind.Usage + ".",
	}
	if untold := r.Server.Kind.Untold; len(untold) > 0 {
		all = append(all, "What it does not tell: "+strings.Join(untold, "; ")+".")
	}
	if r.Region != "" {
		all = append(all, "Its region, as declared: "+r.Region+".")
	}
	if r.Options.ServerSampling {
		all = append(all, "It sampled as it pleased: no temperature was sent.")
	}
	return all
}

// LoadRemote puts the loads of a plan on a server, and returns what follows from the records in dir. The plan's model is only what
// counts the tokens of prompts; of the server's settings nothing is claimed. A server that is paid for needs a budget, and the
// plan has to stay within it at the worst, before anything is sent.
func (l *Lab) LoadRemote(ctx context.Context, p *Plan, remote Remote, dir string) (study *analysis.Study, err error) {
	if err := p.Affordable(remote); err != nil {
		return nil, err
	}
	facts, err := l.describe(p, time.Now())
	if err != nil {
		return nil, err
	}
	facts.Notes = append(facts.Notes, remote.notes()...)
	s, err := store.Create(dir, p.Scenario.Text, facts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r := &run{Lab: l, plan: p, store: s, drawn: newDrawn(), client: &http.Client{}, remote: &remote, spent: &spending{Budget: remote.Budget}}
	defer func() { err = errors.Join(err, r.drawn.close()) }()
	for name, text := range remote.Texts {
		if r.drawn.texts[name], err = workload.NewCorpus(p.model.Tokenizer, text); err != nil {
			return nil, err
		}
	}
	for i, key := range s.Pending() {
		if err := r.trial(ctx, key, i+1, len(s.Run().Order)); err != nil {
			return nil, err
		}
	}
	return r.analyse()
}

// AsRemote makes the plan's one arm that of a server of whose settings nothing is known.
func (p *Plan) AsRemote(name string) {
	a := &p.Matrix.Arms[0].Record
	*a = record.Arm{ID: a.ID, Name: name}
}
