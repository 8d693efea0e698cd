package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/assaylab/assay/engine/machine"
)

// Probe measures one rate of the machine, between the tests.
type Probe func(ctx context.Context) float64

// Plan is a benchmark.
type Plan struct {
	Tests  []Test
	Rounds int // repetitions of each test, one of each in turn
	// Bandwidth (bytes a second) and Peak (operations a second) are measured once a
	// round for each number of threads; nil where there is nothing to measure with.
	Bandwidth, Peak func(threads int) Probe
	Class           string // of instructions that Peak measures
	Now             func() time.Time
	Say             func(string) // is told what is being done
}

// Result is one test's.
type Result struct {
	Test  Test           `json:"test"`
	Name  string         `json:"name"`
	Speed machine.Figure `json:"tokens_per_second"`
	Cost  Cost           `json:"needs"` // of a run
	Rates Rates          `json:"rates"` // of the machine, in the same rounds
	Roof  Roof           `json:"roof"`  // of a run
	// Share is the median speed over the roof's. It may pass 1 where the machine was
	// slower while its rates were measured.
	Share float64 `json:"roof_share"`
}

// rates are what the probes of one number of threads found.
type rates struct{ bandwidth, peak []float64 }

// Measure runs the plan: what each test has before it, a warm-up of each, then round
// after round, one repetition of each test and one sample of each rate a round. Where
// ctx ends early, the results so far come with its error.
func Measure(ctx context.Context, r *Runner, costs map[string]*Costs, p Plan) ([]Result, error) {
	if err := warm(ctx, r, p); err != nil {
		return nil, err
	}
	speeds := make([][]float64, len(p.Tests))
	found := map[int]*rates{}
	err := rounds(ctx, r, p, speeds, found)
	var all []Result
	for i, t := range p.Tests {
		if len(speeds[i]) > 0 {
			all = append(all, resultOf(t, r.chunk, speeds[i], costs[t.KV], found[t.Threads], p.Class))
		}
	}
	return all, err
}

// warm fills what tests have before them and runs each, decodes for a few steps.
func warm(ctx context.Context, r *Runner, p Plan) error {
	for _, t := range p.Tests {
		p.Say("warm-up: " + t.Name())
		if err := r.Fill(ctx, t); err != nil {
			return err
		}
		t.Generate = min(t.Generate, 4)
		if err := r.Run(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func rounds(ctx context.Context, r *Runner, p Plan, speeds [][]float64, found map[int]*rates) error {
	for round := range p.Rounds {
		for i, t := range p.Tests {
			p.Say(fmt.Sprintf("round %d of %d: %s", round+1, p.Rounds, t.Name()))
			began := p.Now()
			if err := r.Run(ctx, t); err != nil {
				return err
			}
			took := p.Now().Sub(began).Seconds()
			if took <= 0 {
				return errors.New("bench: the clock did not advance while " + t.Name() + " ran")
			}
			speeds[i] = append(speeds[i], float64(t.Tokens())/took)
			if err := probe(ctx, p, t.Threads, round, found); err != nil {
				return err
			}
		}
	}
	return nil
}

// probe takes a round's samples of the machine's rates, once for each number of threads.
func probe(ctx context.Context, p Plan, threads, round int, found map[int]*rates) error {
	if found[threads] == nil {
		found[threads] = &rates{}
	}
	f := found[threads]
	for _, x := range []struct {
		probe func(threads int) Probe
		to    *[]float64
	}{{p.Bandwidth, &f.bandwidth}, {p.Peak, &f.peak}} {
		if x.probe == nil || len(*x.to) > round {
			continue
		}
		rate := x.probe(threads)(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		*x.to = append(*x.to, rate)
	}
	return nil
}

func resultOf(t Test, chunk int, speeds []float64, costs *Costs, found *rates, class string) Result {
	res := Result{Test: t, Name: t.Name(), Speed: machine.FigureOf(speeds), Cost: costs.Decode(t.Generate, t.Depth, t.Batch)}
	if t.Prompt > 0 {
		res.Cost = costs.Prefill(t.Prompt, t.Depth, chunk)
	}
	if found != nil {
		res.Rates = ratesOf(found, class)
	}
	res.Roof = res.Rates.Roof(res.Cost)
	res.Share = res.Roof.Seconds * res.Speed.Median / float64(t.Tokens())
	return res
}

// ratesOf takes the best samples: a disturbance can only slow one down.
func ratesOf(f *rates, class string) Rates {
	r := Rates{Class: class}
	if len(f.bandwidth) > 0 {
		r.Bandwidth = slices.Max(f.bandwidth)
	}
	if len(f.peak) > 0 {
		r.Peak = slices.Max(f.peak)
	}
	return r
}
