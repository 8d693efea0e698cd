package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/simulate"
	"github.com/assaylab/assay/loadgen/workload"
)

type simulateOptions struct {
	arm, load      string
	rates          []float64
	replicas       []int
	router         string
	prompt, output string
	cv             float64
	groups, shared int
	set, limits    []string
	requests       int
	most           int
	seed           uint64
	capacity       bool
	validate       bool
	unchecked      bool
	json           bool
}

func newSimulate() *cobra.Command {
	var o simulateOptions
	c := &cobra.Command{
		Use:   "simulate RUN_DIR",
		Short: "Predict latencies and capacity of loads and replicas that were not measured",
		Long: `Simulate runs the engine's own scheduler on a simulated clock. How long steps take is
fitted to the step traces of a run (trace_steps = true in the scenario's [engine]), and
so is what requests take outside of steps. It prints what one of the run's arms would do
at other rates, with other lengths, with several replicas behind a router.

Before that, it replays every trial of the arm that can be, with a model that is fitted
without the trial's steps. The largest error over these stands beside each figure; a
figure beyond what could be checked is marked with an exclamation mark.

--validate shows these trials, predicted beside measured, and predicts nothing else.`,
		Example: `  assay simulate runs/batching --arm prefill-first --rate 20,40 --replicas 1,4
  assay simulate runs/batching --arm static --capacity --replicas 8
  assay simulate runs/batching --validate`,
		Args: arguments("RUN_DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0]); err != nil {
				return fmt.Errorf("simulate: %w", err)
			}
			return nil
		},
	}
	o.flags(c.Flags())
	c.MarkFlagsMutuallyExclusive("validate", "no-check")
	c.MarkFlagsMutuallyExclusive("capacity", "rate")
	return c
}

func (o *simulateOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.arm, "arm", "", "arm of the run: its name, its id or a part of the name")
	f.StringVar(&o.load, "load", "", "take rates and recorded lengths from loads whose name contains this")
	f.Float64SliceVar(&o.rates, "rate", nil, "requests per second over all replicas (default: the run's)")
	f.IntSliceVar(&o.replicas, "replicas", []int{1}, "how many there are")
	f.StringVar(&o.router, "router", string(simulate.RoundRobin), "who gets a request: "+routingNames())
	f.StringVar(&o.prompt, "prompt-tokens", "", "lengths, such as uniform(16,64) (default: as recorded)")
	f.StringVar(&o.output, "output-tokens", "", "lengths of answers (default: as recorded)")
	f.Float64Var(&o.cv, "cv", 1, "coefficient of variation of the gaps between arrivals, 1 for Poisson")
	f.IntVar(&o.groups, "groups", 0, "kinds of prompts that begin with the same --shared-tokens")
	f.IntVar(&o.shared, "shared-tokens", 0, "tokens that the prompts of a group begin with")
	f.StringArrayVar(&o.set, "set", nil, "change a setting of the arm, such as max_batch=16")
	f.StringArrayVar(&o.limits, "limit", nil, `such as "p95 ttft 100ms" (default: the run's)`)
	f.BoolVar(&o.capacity, "capacity", false, "find the highest rate that the limits hold at")
	f.BoolVar(&o.validate, "validate", false, "show how far off predictions of the measured trials are")
	f.BoolVar(&o.unchecked, "no-check", false, "replay no trial: errors are not known")
	f.IntVar(&o.requests, "requests", 0, "requests that are simulated for a figure, 0 for 4000")
	f.IntVar(&o.most, "simulated-replicas", 0, "of more replicas, simulate these with their share of the load, 0 for 16")
	f.Uint64Var(&o.seed, "seed", 1, "of everything random")
	f.BoolVar(&o.json, "json", false, "everything as one JSON object")
	f.Lookup("rate").DefValue = "" // its text says what it is
}

func routingNames() string {
	var names []string
	for _, r := range simulate.Routings {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

func (o *simulateOptions) run(ctx context.Context, w, werr io.Writer, dir string) error {
	lab, err := simulate.Open(dir)
	if err != nil {
		return err
	}
	end := followReplays(ctx, lab, werr)
	if o.validate {
		v, err := lab.Validate(o.arm, o.seed)
		end()
		if err != nil {
			return err
		}
		return o.checked(w, v)
	}
	arm, rates, err := o.fitted(lab)
	if err != nil {
		return err
	}
	p, err := o.planner(arm) // what flags say is refused before anything is replayed
	if err != nil {
		return err
	}
	if !o.unchecked {
		arm.Checked, err = lab.Validate(arm.Record.ID, o.seed)
		if end(); err != nil {
			return err
		}
	}
	p.Checked, p.Stop = arm.Checked, ctx.Err
	out := simulated{RunDir: dir, Arm: arm.Record.Name, Model: arm.Model, Overhead: arm.Engine.Overhead, Checked: arm.Checked, Limits: p.Limits, Router: p.Router}
	if out.Predictions, out.Capacities, err = o.predict(p, rates); err != nil {
		return err
	}
	if o.json {
		return printJSON(w, out)
	}
	return out.print(w)
}

// fitted is the arm, and the rates that are predicted.
func (o *simulateOptions) fitted(lab *simulate.Lab) (*simulate.Arm, []float64, error) {
	arm, err := lab.Arm(o.arm)
	if err != nil {
		return nil, nil, err
	}
	rates, err := lab.Load(arm, o.load)
	if err != nil && (o.prompt == "" || o.load != "") {
		return nil, nil, fmt.Errorf("--load: %w", err)
	}
	if len(o.rates) > 0 {
		rates = o.rates
	}
	return arm, rates, nil
}

// followReplays says how many trials were replayed, until the context ends it.
func followReplays(ctx context.Context, lab *simulate.Lab, werr io.Writer) (end func()) {
	var line *steps
	lab.Progress = func(done, all int) error {
		if line == nil {
			line = newSteps(werr, "replayed trial", all)
		}
		line.done(done)
		return ctx.Err()
	}
	return func() {
		if line != nil {
			line.end()
		}
	}
}

// simulated is what --json prints.
type simulated struct {
	RunDir      string                `json:"run_dir"`
	Arm         string                `json:"arm"`
	Router      simulate.Routing      `json:"router"`
	Limits      []record.SLO          `json:"limits"`
	Model       *simulate.StepModel   `json:"step_model"`
	Overhead    simulate.Overhead     `json:"overhead"`
	Checked     *simulate.Validation  `json:"validation,omitempty"`
	Predictions []simulate.Prediction `json:"predictions,omitempty"`
	Capacities  []simulate.Ceiling    `json:"capacities,omitempty"`
}

func (o *simulateOptions) checked(w io.Writer, v *simulate.Validation) error {
	if o.json {
		return printJSON(w, v)
	}
	return printChecked(w, v)
}

// planner is that of the arm, with what the flags change.
func (o *simulateOptions) planner(arm *simulate.Arm) (*simulate.Planner, error) {
	p := arm.Planner(o.seed)
	var err error
	if p.Router, err = simulate.ParseRouting(o.router); err != nil {
		return nil, fmt.Errorf("--router: %w", err)
	}
	if err := o.change(arm, p); err != nil {
		return nil, err
	}
	if err := o.traffic(&p.Traffic); err != nil {
		return nil, err
	}
	if len(o.limits) > 0 {
		p.Limits = nil
	}
	for _, text := range o.limits {
		s, err := parseLimit(text)
		if err != nil {
			return nil, err
		}
		p.Limits = append(p.Limits, s)
	}
	if !o.capacity {
		p.Moods = arm.Moods(o.seed)
	}
	p.Effort = simulate.Effort{Requests: o.requests, Replicas: o.most}
	return p, nil
}

// change sets what --set says. The step model is fitted to some of the settings, and knows no others.
func (o *simulateOptions) change(arm *simulate.Arm, p *simulate.Planner) error {
	if len(o.set) == 0 {
		return nil
	}
	for _, text := range o.set {
		name, value, ok := strings.Cut(text, "=")
		d, known := scenario.FindSetting(name)
		switch {
		case !ok || !known:
			return fmt.Errorf("--set: found %q, expected NAME=VALUE of an engine setting, such as max_batch=16", text)
		case slices.Contains(simulate.Fixed(), name):
			return fmt.Errorf("--set: %s decides what a step takes, and is measured as %q: expected another setting, or a run that has it", name, d.Get(&arm.Settings))
		}
		if err := d.Parse(&arm.Settings, value); err != nil {
			return fmt.Errorf("--set: %w", err)
		}
	}
	if err := arm.Settings.Validate(); err != nil {
		return fmt.Errorf("--set: %w", err)
	}
	e, err := simulate.EngineOf(arm.Settings, arm.Engine.Cache.Blocks)
	if err != nil {
		return fmt.Errorf("--set: %w", err)
	}
	e.Name, e.Step, e.Overhead, e.Noise = p.Engine.Name, p.Engine.Step, p.Engine.Overhead, p.Engine.Noise
	p.Engine = e
	return nil
}

// traffic has other lengths, gaps and prefixes than recorded.
func (o *simulateOptions) traffic(t *simulate.Traffic) (err error) {
	if (o.prompt == "") != (o.output == "") {
		return fmt.Errorf("--prompt-tokens %q, --output-tokens %q: expected both or none, since recorded lengths belong together", o.prompt, o.output)
	}
	if o.prompt != "" {
		t.Recorded = nil
		if t.Prompt, err = workload.ParseLength(o.prompt); err != nil {
			return fmt.Errorf("--prompt-tokens: %w", err)
		}
		if t.Output, err = workload.ParseLength(o.output); err != nil {
			return fmt.Errorf("--output-tokens: %w", err)
		}
	}
	if !(o.cv > 0) {
		return fmt.Errorf("--cv: found %g, expected more than 0", o.cv)
	}
	t.CV, t.Groups, t.Shared = o.cv, o.groups, o.shared
	return t.Validate()
}

var limitForm = regexp.MustCompile(`^p([0-9.]+)\s+(ttft|tpot|itl|e2e)\s*(?:<=)?\s*([0-9.]+[a-zµ]+)$`)

// parseLimit reads a limit such as "p95 ttft 100ms".
func parseLimit(text string) (record.SLO, error) {
	m := limitForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return record.SLO{}, fmt.Errorf(`--limit: found %q, expected a percentile, one of ttft, tpot, itl and e2e, and a time, such as "p95 ttft 100ms"`, text)
	}
	percent, err := strconv.ParseFloat(m[1], 64)
	if err != nil || !(percent > 0) || percent >= 100 {
		return record.SLO{}, fmt.Errorf("--limit: found percentile %q in %q, expected more than 0 and less than 100", m[1], text)
	}
	d, err := time.ParseDuration(m[3])
	if err != nil || d <= 0 {
		return record.SLO{}, fmt.Errorf("--limit: found time %q in %q, expected such as 100ms", m[3], text)
	}
	return record.SLO{Metric: m[2], Percentile: percent / 100, LimitNS: int64(d), Origin: "--limit"}, nil
}

// predict has a line for each number of replicas and rate.
func (o *simulateOptions) predict(p *simulate.Planner, rates []float64) (all []simulate.Prediction, ceilings []simulate.Ceiling, err error) {
	if len(rates) == 0 && !o.capacity {
		return nil, nil, fmt.Errorf("no rate follows from the run's loads of arm %q: expected --rate", p.Engine.Name)
	}
	for _, n := range o.replicas {
		if o.capacity {
			c, err := p.Capacity(n)
			if err != nil {
				return nil, nil, err
			}
			ceilings = append(ceilings, c)
			continue
		}
		for _, rate := range rates {
			at, err := p.Ranged(rate, n)
			if err != nil {
				return nil, nil, err
			}
			all = append(all, at)
		}
	}
	return all, ceilings, nil
}
