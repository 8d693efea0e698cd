package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaylab/assay/engine/bench"
	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/machine"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/experiments/host"
)

type benchOptions struct {
	model, quantization, kernel string
	matrix                      bench.Matrix
	chunk, repetitions          int
	pin, json, csv              bool
	profile                     string
}

func newBench() *cobra.Command {
	var o benchOptions
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure the speed of prefill and decode, and how near to the machine's limits it is",
		Long: `Bench runs a model forward and prints a table in the terms of llama-bench: pp512 is
prefilling 512 tokens, tg128 decoding 128 alone, tg128@d4096 decoding them behind 4096
others, "tg128 b16@d128" decoding 128 for each of 16 sequences behind prompts of 128 of
their own. The tokens are random and fixed; nothing is sampled.

Each round runs every test once, so that a disturbance hits all alike, and measures
the bandwidth of reading as much memory as the weights take and the peak of the
instructions that the kernels use. A test's bytes and operations at the best of these
rates give the roof: the speed that the machine cannot pass. Ctrl-C prints what
there is.

-p, -n, -d, -b, -t and --kv take lists: 128,512.`,
		Example: `  assay bench
  assay bench -m cache:smollm2-135m-instruct-q4_1 -d 0,4096 -b 16,32 --kv bf16,q8_0
  assay bench -m model.gguf -p 0 -n 64 -t 1,2 --kernel avx2 --json`,
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error {
			return runBench(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), o)
		},
	}
	o.flags(c.Flags())
	c.MarkFlagsMutuallyExclusive("json", "csv")
	return c
}

func (o *benchOptions) flags(f *pflag.FlagSet) {
	f.StringVarP(&o.model, "model", "m", defaultModel, "GGUF file, embedded:NAME or cache:NAME")
	f.StringVar(&o.quantization, "quantization", "", "requantize the weights in memory: a format of assay quantize")
	f.StringVar(&o.kernel, "kernel", "", "kernels to run, as in "+kernelVariable+": generic, avx2, avx512, amx, neon; the best that run here")
	f.IntSliceVarP(&o.matrix.Prompts, "prompt", "p", []int{512}, "tokens to prefill")
	f.IntSliceVarP(&o.matrix.Generates, "generate", "n", []int{128}, "tokens to decode")
	f.IntSliceVarP(&o.matrix.Depths, "depth", "d", []int{0}, "tokens that come before")
	f.IntSliceVarP(&o.matrix.Batches, "batch", "b", nil, "sequences that decode at once")
	f.IntVar(&o.matrix.BatchPrompt, "batch-prompt", 128, "tokens of each sequence of a batch that come before")
	f.IntSliceVarP(&o.matrix.Threads, "threads", "t", []int{0}, "worker threads, 0 for all usable cores")
	f.StringSliceVar(&o.matrix.KV, "kv", []string{limitsKV}, "cache formats: "+strings.Join(model.CacheFormats, ", "))
	f.IntVar(&o.chunk, "chunk", 512, "rows of one pass of a prefill, at most")
	f.IntVarP(&o.repetitions, "repetitions", "r", 5, "repetitions of each test")
	f.BoolVar(&o.pin, "pin", false, "confine the process to as many CPUs as threads")
	f.StringVar(&o.profile, "cpuprofile", "", "write a CPU profile of the rounds to this file, for go tool pprof")
	f.BoolVar(&o.json, "json", false, "everything as one JSON object")
	f.BoolVar(&o.csv, "csv", false, "a CSV line for each test")
}

// check refuses what makes no sense before anything is opened.
func (o *benchOptions) check() error {
	if o.repetitions < 1 {
		return fmt.Errorf("bench: --repetitions: found %d, expected 1 or more", o.repetitions)
	}
	for _, l := range []struct {
		flag  string
		least int
		list  []int
	}{
		{"prompt", 0, o.matrix.Prompts}, {"generate", 0, o.matrix.Generates}, {"depth", 0, o.matrix.Depths}, {"batch", 1, o.matrix.Batches},
		{"batch-prompt", 0, []int{o.matrix.BatchPrompt}}, {"threads", 0, o.matrix.Threads}, {"chunk", 1, []int{o.chunk}},
	} {
		for _, n := range l.list {
			if n < l.least {
				return fmt.Errorf("bench: --%s: found %d, expected %d or more", l.flag, n, l.least)
			}
		}
	}
	for i, t := range o.matrix.Threads {
		if t == 0 {
			o.matrix.Threads[i] = runtime.GOMAXPROCS(0)
		}
	}
	return nil
}

func runBench(ctx context.Context, w, werr io.Writer, o benchOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	kernels, err := kernelsNamed(o.kernel)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	tests := o.matrix.Tests()
	threads := slices.Max(o.matrix.Threads)
	if o.pin {
		if err := pinProcess(threads); err != nil {
			return environment(fmt.Errorf("bench: --pin: %w", err))
		}
	}
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), threads))
	m, err := openModel(o.model, o.quantization, kernels)
	if err != nil {
		return err
	}
	defer m.Close()
	p := newProgress(werr)
	report, err := measureBench(ctx, p, m, tests, threads, o)
	p.close()
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return errors.Join(report.write(w, o), err)
}

// kernelsNamed takes the flag before the environment.
func kernelsNamed(flag string) (*kernel.Set, error) {
	if flag != "" {
		return kernel.ForMachine(flag)
	}
	return selectKernels()
}

// pinProcess confines this process to the first n CPUs that it may use.
func pinProcess(n int) error {
	cpus, err := host.Allowed()
	if err != nil {
		return err
	}
	if len(cpus) < n {
		return fmt.Errorf("%d threads on %d CPUs", n, len(cpus))
	}
	return host.PinProcess(cpus[:n]...)
}

// benchReport is what bench finds.
type benchReport struct {
	Model       string         `json:"model"`
	Format      string         `json:"format"`
	WeightBytes int64          `json:"weight_bytes"` // that a decode step reads
	Parameters  int64          `json:"parameters"`
	Kernel      string         `json:"kernel"`
	CPU         string         `json:"cpu"`
	Pinned      bool           `json:"pinned"`
	Chunk       int            `json:"chunk"`
	Noise       []string       `json:"noise,omitempty"`
	Rounds      int            `json:"rounds"` // that were asked for
	Results     []bench.Result `json:"results"`
}

func measureBench(ctx context.Context, p *progress, m *checkpoint.Checkpoint, tests []bench.Test, threads int, o benchOptions) (benchReport, error) {
	h := host.Read(m.Model.Kernels.Name)
	report := benchReport{
		Model: o.model, Format: checkpoint.Format(m.File), Parameters: checkpoint.Summarize(m.File).Parameters, Kernel: h.Kernels, CPU: h.CPU,
		Pinned: o.pin, Chunk: o.chunk, Noise: h.Noise, Rounds: o.repetitions,
	}
	if err := fits(m, tests, h.MemoryBytes); err != nil {
		return report, err
	}
	runner, err := bench.NewRunner(m.Model, tests, o.chunk)
	if err != nil {
		return report, err
	}
	defer runner.Close()
	costs := map[string]*bench.Costs{}
	for _, kv := range o.matrix.KV {
		if costs[kv], err = bench.NewCosts(m.File, m.Model, kv); err != nil {
			return report, err
		}
	}
	first := costs[o.matrix.KV[0]]
	report.WeightBytes = int64(first.WeightBytes())
	plan, free, err := planBench(ctx, p, tests, threads, first, h.Kernels)
	if err != nil {
		return report, environment(err)
	}
	defer free()
	plan.Rounds = o.repetitions
	stop, err := profile(o.profile)
	if err != nil {
		return report, err
	}
	report.Results, err = bench.Measure(ctx, runner, costs, plan)
	return report, errors.Join(err, stop())
}

// profile writes a CPU profile to the file, unless its name is empty, until it is stopped.
func profile(file string) (stop func() error, err error) {
	if file == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, environment(fmt.Errorf("bench: --cpuprofile: %w", err))
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(environment(fmt.Errorf("bench: --cpuprofile: %w", err)), f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

// fits refuses caches that the machine's memory has no room for.
func fits(m *checkpoint.Checkpoint, tests []bench.Test, memory int64) error {
	n, err := bench.CacheBytes(m.Model.Config, tests)
	if err != nil {
		return fmt.Errorf("bench: --kv: %w", err)
	}
	if weights := m.Model.WeightBytes(); memory > 0 && n+weights > memory {
		return fmt.Errorf("bench: weights (%s) and the tests' caches (%s) need more than this machine's %s: fewer sequences or less depth", bytesOf(weights), bytesOf(n), bytesOf(memory))
	}
	return nil
}

// How long a sample of the machine's rates takes.
const (
	bandwidthSample = 120 * time.Millisecond
	peakSample      = 40 * time.Millisecond
)

// planBench prepares the probes: memory of the weights' size to read, and the class of
// instructions that is the kernels' fastest. free gives the memory back.
func planBench(ctx context.Context, p *progress, tests []bench.Test, threads int, costs *bench.Costs, kernels string) (bench.Plan, func(), error) {
	facts := machine.Read(os.DirFS("/"))
	size := int64(costs.WeightBytes())
	if facts.AvailableBytes > 0 {
		size = min(size, facts.AvailableBytes/4)
	}
	p.step("memory to read from")
	buffer, err := machine.NewBuffer(min(size, machine.MostDRAM), threads, true)
	if err != nil {
		return bench.Plan{}, nil, err
	}
	plan := bench.Plan{Tests: tests, Now: time.Now, Say: p.step}
	plan.Bandwidth = func(threads int) bench.Probe {
		return func(ctx context.Context) float64 { return buffer.Bandwidth(ctx, 0, threads, bandwidthSample) }
	}
	if class, ok := machine.Fastest(ctx, kernels, costs.Integer(), threads, peakSample); ok {
		plan.Class = class.Name
		plan.Peak = func(threads int) bench.Probe {
			return func(ctx context.Context) float64 { return class.Rate(ctx, threads, peakSample) }
		}
	}
	return plan, func() { _ = buffer.Close() }, nil // it was mapped: unmapping it cannot fail
}
