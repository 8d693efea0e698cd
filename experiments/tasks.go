package experiments

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/exam"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/dialect"
)

// readPapers reads the scenario's tasks, and their hash, "" where there are none.
func readPapers(s *scenario.Scenario) (papers []exam.Paper, sum string, err error) {
	h := sha256.New()
	for _, k := range s.Tasks {
		text, err := os.ReadFile(s.Resolve(k.File))
		if err != nil {
			return nil, "", err
		}
		p, err := exam.Read(k.Kind, k.File, text, exam.Rules{Items: k.Items, Most: k.MaxTokens, Context: k.Context, Seed: s.Run.Seed})
		if err != nil {
			return nil, "", fmt.Errorf("%s: %s: %w", s.File, k.Key, err)
		}
		papers = append(papers, p)
		fmt.Fprintf(h, "%s %q %d %d %d %d %d\n%s", k.Kind, k.File, k.Items, k.MaxTokens, k.Context, s.Run.Seed, len(text), text)
	}
	if len(papers) == 0 {
		return nil, "", nil
	}
	return papers, hex.EncodeToString(h.Sum(nil)), nil
}

// worstTasks is the most that one arm of a target is asked by the tasks.
func (p *Plan) worstTasks(x *scenario.Target) (requests, tokens int) {
	if x.NoTasks {
		return 0, 0
	}
	return (&exam.Server{Kind: x.Dialect}).Worst(p.papers, p.model.Tokenizer)
}

// tasks has every arm answer the scenario's tasks, unless its answers are on disk. An arm that does not is
// asked again when the run is resumed.
func (r *run) tasks(ctx context.Context) error {
	items := 0
	for _, p := range r.plan.papers {
		items += p.Items()
	}
	for _, e := range r.plan.Matrix.Exams() {
		if r.store.QualityDone(e.ID) {
			continue
		}
		r.Progress.Phase(fmt.Sprintf("tasks: %s%s on %d items", e.Arm.Record.Name, r.label, items))
		q, err := r.sit(ctx, e)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			r.Progress.Note(fmt.Sprintf("the tasks were not answered by %s: %v", e.Arm.Record.Name, err))
			continue
		}
		if err := r.store.PutQuality(q); err != nil {
			return err
		}
	}
	return nil
}

// sit asks one subject everything.
func (r *run) sit(ctx context.Context, e sweep.Exam) (q record.Quality, err error) {
	start := time.Now()
	q = record.Quality{ID: e.ID, Subject: e.Arm.Record.Name}
	servers, stop, err := r.examined(ctx, e)
	if err != nil {
		return q, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	for _, s := range servers {
		tasks, not, err := s.Sit(ctx, r.plan.papers, r.plan.model.Tokenizer, nil)
		if err != nil {
			return q, err
		}
		for i := range tasks {
			tasks[i].Subject = q.Subject
		}
		q.Tasks, q.NotAsked, q.Retries = append(q.Tasks, tasks...), append(q.NotAsked, not...), q.Retries+s.Retries
	}
	q.ElapsedNS = time.Since(start).Nanoseconds()
	return q, nil
}

// examined starts what is asked, if the lab starts it, and says how it is asked: an engine in each form that a
// target of the run is asked in.
func (r *run) examined(ctx context.Context, e sweep.Exam) (servers []*exam.Server, stop func() error, err error) {
	client := &http.Client{CheckRedirect: target.SameServer}
	if e.Arm.Target == nil {
		t := &target.Engine{Executable: r.Executable, Args: r.serveArgs(e.Arm), Client: r.client}
		if stop, err = r.begin(ctx, t, r.plan.Scenario.Run.ReadyTimeout); err != nil {
			return nil, nil, err
		}
		for _, form := range e.Forms {
			kind, _ := dialect.Named(map[string]string{record.FormText: "completions", record.FormChat: "chat"}[form])
			servers = append(servers, &exam.Server{Base: t.URL(), Kind: kind, Options: dialect.Options{Model: servedName, Usage: dialect.UsageFinal}, Client: client})
		}
		return servers, stop, nil
	}
	a := r.aims[e.Arm.Target.Name]
	t, stop, err := r.deployed(ctx, a, e.Arm)
	if err != nil {
		return nil, nil, err
	}
	s := &exam.Server{Base: t.URL(), Kind: a.Dialect, Options: a.options, Client: client}
	r.bound(s, a)
	return []*exam.Server{s}, stop, nil
}

// deployed is a target that answers: as it is, or started.
func (r *run) deployed(ctx context.Context, a *aim, arm sweep.Arm) (target.Target, func() error, error) {
	if a.server != nil {
		if a.options.Model == "" {
			if err := a.findModel(ctx); err != nil {
				return nil, nil, err
			}
		}
		return a.server, func() error { return nil }, nil
	}
	dir, err := os.MkdirTemp("", "assay-tasks-") // what a start needs is kept with trials, of which this is none
	if err != nil {
		return nil, nil, err
	}
	remove := func() error { return os.RemoveAll(dir) }
	l := r.launch(r.plan.Scenario, arm.Target, dir)
	l.CPUs, _ = r.cores.external()
	t, err := target.New(l)
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	stop, err := r.begin(ctx, t, a.ReadyTimeout)
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	return t, func() error { return errors.Join(stop(), remove()) }, nil
}

// begin starts a system and waits until it is ready.
func (r *run) begin(ctx context.Context, t target.Target, patience time.Duration) (stop func() error, err error) {
	if err := t.Check(ctx); err != nil {
		return nil, err
	}
	if err := t.Start(ctx, io.Discard); err != nil {
		return nil, errors.Join(err, t.Stop())
	}
	ready, cancel := context.WithTimeoutCause(ctx, patience, errors.New("not ready within ready_timeout"))
	defer cancel()
	if err := t.Ready(ready); err != nil {
		return nil, errors.Join(err, t.Stop())
	}
	return t.Stop, nil
}

// bound holds what is asked of a target to its budget.
func (r *run) bound(s *exam.Server, a *aim) {
	if a.spent.Budget == (Budget{}) {
		return
	}
	count := func(text string) int { return len(r.plan.model.Tokenizer.Encode(text, true)) }
	s.Spend = func(prompt string, most int) error {
		b, tokens := a.spent.Budget, count(prompt)+most
		if b.Requests > 0 && a.spent.requests+1 > b.Requests || b.Tokens > 0 && a.spent.tokens+tokens > b.Tokens {
			a.spent.over = &BudgetError{fmt.Sprintf("stopped at the budget of %d requests and %d tokens", b.Requests, b.Tokens)}
			return a.spent.over
		}
		a.spent.requests, a.spent.tokens = a.spent.requests+1, a.spent.tokens+tokens
		return r.keepSpending("", Budget{})
	}
	s.Spent = func(prompt string, most int, u *dialect.Usage) {
		if u != nil && u.Prompt+u.Output > 0 {
			a.spent.tokens += u.Prompt + u.Output - count(prompt) - most
		}
	}
}
