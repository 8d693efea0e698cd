package experiments

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/workload"
)

// Remote is a server that somebody else runs.
type Remote struct {
	Server  *target.Remote
	Dialect dialect.Dialect
	Options dialect.Options   // of its requests; temperature and ignore_eos are the load's
	Texts   map[string]string // texts that are not files, by what loads name
}

// LoadRemote puts the loads of a plan on a server, and returns what follows from the records in dir. The plan's model is only what
// counts the tokens of prompts; of its settings nothing is claimed.
func (l *Lab) LoadRemote(ctx context.Context, p *Plan, remote Remote, dir string) (study *analysis.Study, err error) {
	facts, err := l.describe(p, time.Now())
	if err != nil {
		return nil, err
	}
	facts.Notes = append(facts.Notes, "The server at "+remote.Server.Base+" was there before: its settings and its machine are not known. The machine described here is the load generator's.")
	s, err := store.Create(dir, p.Scenario.Text, facts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r := &run{Lab: l, plan: p, store: s, drawn: newDrawn(), client: &http.Client{}, remote: &remote}
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
