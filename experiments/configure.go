package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/host"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/experiments/trial"
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/trace"
	"github.com/assaylab/assay/loadgen/workload"
)

// servedName is what the engine calls the model under test.
const servedName = "model"

// config makes a trial out of an arm and a load.
func (r *run) config(key record.TrialKey, arm sweep.Arm, load sweep.Load, dir string, live *loadgen.Live) (trial.Config, error) {
	if r.remote != nil {
		return r.remoteConfig(key, load, dir, live)
	}
	args := r.serveArgs(arm)
	if r.plan.Scenario.TraceSteps {
		args = append(args, "--trace-steps", filepath.Join(dir, record.StepsFile))
	}
	c := trial.Config{
		Key:          key,
		Target:       &target.Engine{Executable: r.Executable, Args: args, Client: r.client},
		Command:      "assay serve " + strings.Join(args, " "),
		ReadyTimeout: r.plan.Scenario.Run.ReadyTimeout,
		Shared:       !r.cores.apart(arm.Settings),
		Dir:          dir,
	}
	err := r.attacks(&c, load, live)
	return c, err
}

// remoteConfig makes a trial of a server that is there.
func (r *run) remoteConfig(key record.TrialKey, load sweep.Load, dir string, live *loadgen.Live) (trial.Config, error) {
	c := trial.Config{Key: key, Target: r.remote.Server, ReadyTimeout: r.plan.Scenario.Run.ReadyTimeout, Dir: dir}
	err := r.attacks(&c, load, live)
	return c, err
}

// attacks adds the warm-up and the measured part.
func (r *run) attacks(c *trial.Config, load sweep.Load, live *loadgen.Live) (err error) {
	if c.Warmup, err = r.attack(c.Key, load, "warm-up"); err != nil {
		return err
	}
	if c.Attack, err = r.attack(c.Key, load, "measured"); err != nil {
		return err
	}
	c.Attack.Live = live
	if r.plan.Scenario.Run.StopOversaturated {
		c.Attack.Halt = newHalt(load, c.Attack.Schedule, r.store.Run().SLOs)
	}
	return nil
}

// attack makes the plan of a trial's warm-up or measured part.
func (r *run) attack(key record.TrialKey, load sweep.Load, part string) (loadgen.Plan, error) {
	w := load.Workload
	corpus, err := r.corpus(w.Text)
	if err != nil {
		return loadgen.Plan{}, err
	}
	spec := workload.Spec{Prompt: lengths(w.PromptTokens, w.SharedPrefix.Tokens), Output: lengths(w.OutputTokens, 0),
		Groups: w.SharedPrefix.Groups, GroupTokens: w.SharedPrefix.Tokens, GroupSkew: w.SharedPrefix.Skew, Special: true}
	draw := workload.Key{Seed: r.plan.Scenario.Run.Seed, Load: key.Load, Repetition: key.Repetition}
	p := loadgen.Plan{
		Dialect:  dialect.Completions{},
		Options:  dialect.Options{Model: servedName, Temperature: w.Temperature, IgnoreEOS: w.IgnoreEOS},
		Deadline: w.Timeout,
	}
	if r.remote != nil {
		o := r.remote.Options
		o.Temperature, o.IgnoreEOS = w.Temperature, w.IgnoreEOS
		p.Dialect, p.Options, p.Counter = r.remote.Dialect, o, corpus
	}
	n := load.Record.Requests
	if part != "measured" {
		n = load.Record.Warmup
	}
	if n == 0 {
		return p, nil
	}
	if w.Arrival == scenario.Recorded {
		recorded := w.Trace.Read.Copies(w.Trace.Copies, draw.Uint64("copies")).Cut(n)
		if p.Schedule, err = arrival.Recorded(times(recorded), load.Record.Rate); err != nil {
			return p, err
		}
		spec.Sizes = sizes(recorded)
	} else if p.Schedule, err = process(load, n, draw.Uint64(part+" arrivals")); err != nil {
		return p, err
	}
	switch s, open := p.Schedule.(arrival.Schedule); {
	case open && w.Conversation.Turns > 0:
		p.ServedReplies = w.Conversation.Replies == scenario.RepliesServed
		p.Prompts, err = corpus.Turns(spec, w.Conversation.Drawn(), draw, s.Offsets(), part != "measured")
	case part == "measured":
		p.Prompts, err = corpus.Prompts(spec, draw, n)
	default:
		p.Prompts, err = corpus.Warmup(spec, draw, n)
	}
	return p, err
}

func times(t trace.Trace) []time.Duration {
	all := make([]time.Duration, len(t.Requests))
	for i, r := range t.Requests {
		all[i] = r.At
	}
	return all
}

func sizes(t trace.Trace) []workload.Size {
	all := make([]workload.Size, len(t.Requests))
	for i, r := range t.Requests {
		all[i] = workload.Size{Prompt: r.Prompt, Output: r.Output}
	}
	return all
}

// lengths is a scenario's distribution as the load generator draws it: without the
// shared prefix, which a scenario counts as part of the prompt.
func lengths(l scenario.Length, prefix int) workload.Length {
	return workload.Length{Kind: workload.Kind(l.Distribution), Mean: l.Mean - float64(prefix), Stddev: l.StdDev, Min: l.Min - prefix, Max: l.Max - prefix}
}

func process(l sweep.Load, n int, seed uint64) (arrival.Process, error) {
	w := l.Workload
	if w.Arrival == scenario.Closed {
		return arrival.NewClosed(l.Record.Concurrency, n, w.Think)
	}
	s, err := schedule(w, l.Record.Rate, n, seed)
	if err != nil {
		return nil, err
	}
	shape, err := w.Shape.Drawn()
	if err != nil {
		return nil, err
	}
	return s.Shaped(shape), nil
}

func schedule(w scenario.Workload, rate float64, n int, seed uint64) (arrival.Schedule, error) {
	switch w.Arrival {
	case scenario.Poisson:
		return arrival.Poisson(rate, n, seed)
	case scenario.Gamma:
		return arrival.Gamma(rate, w.CV, n, seed)
	}
	return arrival.Constant(rate, n)
}

// corpus tokenizes a text, once per run.
func (r *run) corpus(path string) (*workload.Corpus, error) {
	if c, ok := r.corpora[path]; ok {
		return c, nil
	}
	text, err := os.ReadFile(r.plan.Scenario.Resolve(path))
	if err != nil {
		return nil, err
	}
	c, err := workload.NewCorpus(r.plan.model.Tokenizer, string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.corpora[path] = c
	return c, nil
}

// serveArgs are the arguments that start an arm. Weights are ready in their format.
func (r *run) serveArgs(arm sweep.Arm) []string {
	args := []string{"--model", r.weights[arm.Settings.Quantization], "--name", servedName, "--listen", "127.0.0.1:0", "--supervised", "--log-level", "warn"}
	if cpu, ok := r.cores.engineCPU(arm.Settings); ok {
		args = append(args, "--pin", strconv.Itoa(cpu))
	}
	settings := arm.Settings
	settings.Quantization, settings.DraftModel = scenario.AsShipped, arm.Draft
	for _, d := range scenario.EngineSettings() {
		args = append(args, "--"+strings.ReplaceAll(d.Name, "_", "-")+"="+d.Get(&settings))
	}
	return append(args, r.extra...)
}

// cores is how the machine is divided: the engine's thread on one processor, the lab
// on another. Zero where it is not.
type cores struct{ lab, engine int }

// divide keeps the lab to one processor, where there are two, and returns what undoes it.
func (r *run) divide() (restore func(), err error) {
	cpus, err := host.Allowed()
	if err != nil || len(cpus) < 2 {
		r.Progress.Note("the lab and the engine share one processor")
		return func() {}, nil
	}
	if err := host.PinProcess(cpus[0]); err != nil {
		r.Progress.Note("the lab is not pinned: " + err.Error())
		return func() {}, nil
	}
	r.cores = cores{lab: cpus[0], engine: cpus[1]}
	restore = func() { _ = host.PinProcess(cpus...) } // what was allowed before is allowed again
	return restore, r.noteCores()
}

func (r *run) noteCores() error {
	if r.cores == (cores{}) {
		return nil
	}
	return r.store.Note(fmt.Sprintf("An engine of one thread has processor %d to itself; the lab and the engine's HTTP handlers share processor %d.", r.cores.engine, r.cores.lab))
}

func (c cores) engineCPU(s scenario.Settings) (int, bool) { return c.engine, c.apart(s) }

// apart says whether an arm's engine keeps off the lab's processor.
func (c cores) apart(s scenario.Settings) bool { return c != cores{} && s.Threads == 1 }
