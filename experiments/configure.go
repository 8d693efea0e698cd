package experiments

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/record"
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
func (r *run) config(ctx context.Context, key record.TrialKey, arm sweep.Arm, load sweep.Load, dir string, live *loadgen.Live) (trial.Config, error) {
	if arm.Target != nil {
		return r.targetConfig(ctx, key, arm, load, dir, live)
	}
	if arm.Ladder != nil {
		return r.ladderConfig(key, arm, load, dir, live)
	}
	args := r.serveArgs(arm)
	if r.plan.Scenario.TraceSteps {
		args = append(args, "--trace-steps", filepath.Join(dir, record.StepsFile))
	}
	profile := r.profile(key)
	if profile != (trial.Profile{}) {
		args = append(args, "--pprof=loopback")
	}
	c := trial.Config{
		Key:          key,
		Profile:      profile,
		Target:       &target.Engine{Executable: r.Executable, Args: args, Client: r.client, CPUs: r.cores.process(arm.Settings)},
		Command:      "assay serve " + strings.Join(args, " "),
		ReadyTimeout: r.plan.Scenario.Run.ReadyTimeout,
		Shared:       !r.cores.apart(arm.Settings),
		Handlers:     r.cores.handlers(arm.Settings),
		Dir:          dir,
	}
	err := r.attacks(&c, load, live)
	c.Double = key.Repetition == record.DoubleLab
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
		c.Attack.Halt = newHalt(load, c.Attack.Schedule, r.plan.Matrix.Limits(load))
	}
	return nil
}

// attack makes the plan of a trial's warm-up or measured part.
func (r *run) attack(key record.TrialKey, load sweep.Load, part string) (loadgen.Plan, error) {
	w, err := load.Workload, error(nil)
	p := loadgen.Plan{
		Dialect:  dialect.Completions{},
		Options:  dialect.Options{Model: servedName, Temperature: w.Temperature, IgnoreEOS: w.IgnoreEOS},
		Deadline: w.Timeout,
	}
	if a := r.aimOf(key.Arm); a != nil {
		o := a.options
		o.Temperature, o.IgnoreEOS = w.Temperature, w.IgnoreEOS
		p.Dialect, p.Options, p.Counter = a.Dialect.Dialect, o, counter{r.plan.model.Tokenizer}
	}
	if l := r.plan.Scenario.Ladders; l != nil {
		p.Options.Model = l.Read.Name
	}
	n := load.Record.Requests
	if part != "measured" {
		n = load.Record.Warmup
	}
	if n == 0 {
		return p, nil
	}
	if p.Schedule, err = r.schedule(key, load, n, part); err != nil {
		return p, err
	}
	p.ServedReplies = w.ServedReplies()
	p.Prompts, err = r.prompts(key, load, p.Schedule, n, part != "measured")
	return p, err
}

// schedule says when the n requests of a trial's warm-up or measured part are due.
func (r *run) schedule(key record.TrialKey, load sweep.Load, n int, part string) (arrival.Process, error) {
	if load.Workload.Arrival == scenario.Recorded {
		return arrival.Recorded(times(r.recorded(key, load.Workload, n)), load.Record.Rate)
	}
	return process(load, n, r.seed(key).Uint64(part+" arrivals"))
}

// recorded are the first n requests of a trace and its copies.
func (r *run) recorded(key record.TrialKey, w scenario.Workload, n int) trace.Trace {
	return w.Trace.Read.Copies(w.Trace.Copies, r.seed(key).Uint64("copies")).Cut(n)
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

// serveArgs are the arguments that start an arm. Weights are ready in their format.
func (r *run) serveArgs(arm sweep.Arm) []string {
	args := []string{"--model", r.weights[arm.Settings.Quantization], "--name", servedName, "--listen", "127.0.0.1:0", "--supervised", "--log-level", "warn"}
	if cpu, ok := r.cores.thread(arm.Settings); ok {
		args = append(args, "--pin", strconv.Itoa(cpu))
	}
	settings := arm.Settings
	settings.Quantization, settings.DraftModel = scenario.AsShipped, arm.Draft
	for _, d := range scenario.EngineSettings() {
		args = append(args, "--"+strings.ReplaceAll(d.Name, "_", "-")+"="+d.Get(&settings))
	}
	return append(args, r.extra...)
}
