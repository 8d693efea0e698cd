package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/bench"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/machine"
	"github.com/assaylab/assay/experiments/host"
)

type doctorOptions struct {
	model       string
	threads     int
	quick, json bool
}

func newDoctor() *cobra.Command {
	var o doctorOptions
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Measure what this machine can do, and say what will limit you",
		Long: `Doctor shows the processor, its features and the kernels that will run, caches,
memory and limits, and measures: the bandwidth of reading memory, the peak of each
class of instructions, timer and wake-up latency, each with one thread and with all.
From these it computes the fastest that a model could decode and prefill here, and
what to change. ASSAY_KERNEL (generic, avx2, avx512, amx, neon) picks kernels.

It takes some 15 seconds, with --quick about 4, and a gigabyte of memory at most.
Ctrl-C shows what there is. It changes nothing.`,
		Example: `  assay doctor
  assay doctor --model cache:smollm2-135m-instruct-q4_1 --json`,
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error {
			return doctor(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.model, "model", defaultModel, "GGUF file, embedded:NAME or cache:NAME whose limits are computed")
	f.IntVar(&o.threads, "threads", 0, "threads of the measurements with all, 0 for all usable cores")
	f.BoolVar(&o.quick, "quick", false, "one short sample of each figure")
	f.BoolVar(&o.json, "json", false, "everything as one JSON object")
	return c
}

// diagnosis is all that doctor finds.
type diagnosis struct {
	Host     record.Host      `json:"host"`
	CPUs     []int            `json:"cpus"` // that this process may use; null where the system does not say
	Threads  int              `json:"threads"`
	Kernels  []string         `json:"kernels_available"`
	Forced   bool             `json:"kernel_forced"` // by ASSAY_KERNEL
	Facts    machine.Facts    `json:"facts"`
	Measured machine.Measured `json:"measured"`
	During   disturbance      `json:"during_measurement"`
	Model    *modelLimits     `json:"model"`
	Advice   []advice         `json:"advice"`
}

// disturbance is what else the processor did while measurements ran.
type disturbance struct {
	Seconds float64 `json:"seconds"`
	Steal   float64 `json:"steal_share"` // of all CPUs' time: taken by other guests
	Others  float64 `json:"other_share"` // of all CPUs' time: used by other processes
}

// kernelNames are all sets that there are on any machine.
var kernelNames = []string{"generic", "avx2", "avx512", "amx", "neon"}

func doctor(ctx context.Context, w, werr io.Writer, o doctorOptions) error {
	if o.threads < 0 {
		return fmt.Errorf("doctor: --threads: found %d, expected 0 (all usable cores) or more", o.threads)
	}
	kernels, err := selectKernels()
	if err != nil {
		return fmt.Errorf("doctor: %s: %w", kernelVariable, err)
	}
	m, err := openModel(o.model, "", kernels)
	if err != nil {
		return err
	}
	defer m.Close()
	costs, err := bench.NewCosts(m.File, m.Model, limitsKV)
	if err != nil {
		return err
	}
	d := describeMachine(kernels, o.threads)
	interrupted := d.measure(ctx, werr, o.quick, int64(costs.WeightBytes()))
	if interrupted != nil && !errors.Is(interrupted, context.Canceled) {
		return environment(interrupted)
	}
	d.Model = limitsOf(o.model, m, costs, d.Measured, kernels.Name)
	d.Advice = advise(d)
	if o.json {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return errors.Join(enc.Encode(d), interrupted)
	}
	return errors.Join(d.print(w), interrupted)
}

// describeMachine collects what needs no measurement.
func describeMachine(kernels *kernel.Set, threads int) *diagnosis {
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	d := &diagnosis{Host: host.Read(kernels.Name), Threads: threads, Facts: machine.Read(os.DirFS("/")), Forced: os.Getenv(kernelVariable) != ""}
	if cpus, err := host.Allowed(); err == nil { // not every system says
		d.CPUs = cpus
	}
	for _, name := range kernelNames {
		if s, err := kernel.ForMachine(name); err == nil {
			d.Kernels = append(d.Kernels, s.Name)
		}
	}
	return d
}

// measure fills in what is measured, and what disturbed it.
func (d *diagnosis) measure(ctx context.Context, werr io.Writer, quick bool, working int64) error {
	plan := machine.Plan{Threads: d.Threads, Rounds: 3, Each: 200 * time.Millisecond, Working: working}
	if quick {
		plan.Rounds, plan.Each, plan.Small = 1, 80*time.Millisecond, true
	}
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), d.Threads))
	p := newProgress(werr)
	defer p.close()
	before, errBefore := host.Sample()
	began := time.Now()
	var err error
	d.Measured, err = machine.Measure(ctx, d.Facts, plan, p.step)
	took := time.Since(began)
	after, errAfter := host.Sample()
	d.During.Seconds = took.Seconds()
	if errBefore == nil && errAfter == nil {
		d.During.of(after.Sub(before), took, runtime.NumCPU())
	}
	return err
}

// of fills in the shares of an interval of all CPUs' time.
func (d *disturbance) of(u host.Usage, took time.Duration, cpus int) {
	whole := took.Seconds() * float64(cpus)
	d.Steal = u.Steal.Seconds() / whole
	d.Others = max(0, u.Busy-u.Process).Seconds() / whole
}
