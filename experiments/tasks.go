package experiments

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/experiments/exam"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/workload"
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
		if err := showable(s, k, p.Items()); err != nil {
			return nil, "", err
		}
		papers = append(papers, p)
		fmt.Fprintf(h, "%s %q %d %d %d %d %d\n%s", k.Kind, k.File, k.Items, k.MaxTokens, k.Context, s.Run.Seed, len(text), text)
	}
	if len(papers) == 0 {
		return nil, "", nil
	}
	return papers, hex.EncodeToString(h.Sum(nil)), nil
}

// showable refuses a least share that not even all items show, when they are right.
func showable(s *scenario.Scenario, k scenario.Task, items int) error {
	best := stat.Wilson(items, items).Low
	if k.Least <= best {
		return nil
	}
	enough := items
	for stat.Wilson(enough, enough).Low < k.Least {
		enough++
	}
	return s.Problem(k.Key+".least", fmt.Sprintf("%g", k.Least), fmt.Sprintf("at most %g, which is where the interval begins when all %d items of %s are right", math.Floor(1000*best)/1000, items, k.File),
		fmt.Sprintf("%d items, all of them right, show it", enough))
}

// worstTasks is the most that one arm of a target is asked by the tasks.
func (p *Plan) worstTasks(x *scenario.Target, s *spending) (sum Budget) {
	if x.NoTasks {
		return Budget{}
	}
	(&exam.Server{Kind: x.Dialect}).Worst(p.papers, p.model.Tokenizer, func(prompt string, most int) {
		sum = sum.plus(s.request(len(p.model.Tokenizer.Encode(prompt, true)), most))
	})
	return sum
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
	for i, s := range servers {
		tasks, not, err := s.Sit(ctx, r.plan.papers, r.plan.model.Tokenizer, nil)
		if err != nil {
			return q, err
		}
		for k := range tasks {
			tasks[k].Subject = q.Subject
		}
		q.Tasks, q.Retries = append(q.Tasks, tasks...), q.Retries+s.Retries
		if i == 0 {
			q.NotAsked = not
		}
		q.NotAsked = slices.DeleteFunc(q.NotAsked, func(why string) bool { return !slices.Contains(not, why) }) // what another form has is known
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
	if a.spent.counts() {
		s.Purse = &purse{run: r, aim: a}
	}
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

// purse holds what tasks ask of a target to its budget, and writes down what each request came to.
type purse struct {
	*run
	aim *aim
	one *meter // of the request under way
	ask workload.Prompt
}

// Spend implements exam.Purse.
func (p *purse) Spend(prompt string, most int) error {
	p.ask = workload.Prompt{Text: prompt, Tokens: p.plan.model.Tokenizer.Encode(prompt, true), MaxTokens: most}
	p.one = p.aim.spent.meter([]workload.Prompt{p.ask})
	if why := p.one.May(0); why != "" {
		return &BudgetError{why}
	}
	p.aim.spent.setAside = p.one.all()
	return p.keepSpending(p.aim.Name, p.aim.spent.underWay())
}

// Spent implements exam.Purse. What nobody counted is charged as much as it asked for.
func (p *purse) Spent(u *dialect.Usage, turnedAway bool) error {
	q := result.Request{Outcome: result.Truncated, AskedPrompt: len(p.ask.Tokens), AskedOutput: p.ask.MaxTokens}
	switch {
	case turnedAway:
		q.Outcome = result.HTTPError
	case u != nil && u.Prompt+u.Output > 0:
		q.Outcome, q.PromptTokens, q.CachedTokens, q.Written, q.OutputTokens = result.OK, u.Prompt, u.Cached, u.Written, u.Output
	}
	p.one.Settle(q)
	return p.keepSpending("", Budget{})
}
