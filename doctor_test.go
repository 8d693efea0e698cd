package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/bench"
	"github.com/assaylab/assay/engine/machine"
)

// quiet is a machine about which there is nothing to say.
func quiet() *diagnosis {
	figure := func(x float64) machine.Figure { return machine.FigureOf([]float64{x}) }
	return &diagnosis{
		Host: record.Host{OS: "linux", Arch: "amd64", CPU: "Some CPU", Cores: 2, MemoryBytes: 8e9, Features: []string{"avx2"}, Kernels: "avx2"},
		CPUs: []int{0, 1}, Threads: 2, Kernels: []string{"generic", "avx2"},
		Facts: machine.Facts{Nodes: 1, ThreadsPerCore: 1, MemoryBytes: 8e9, AvailableBytes: 6e9, TransparentHuge: "madvise", HugePageBytes: 2 << 20,
			Caches: []machine.Cache{{Level: 1, Bytes: 48 << 10, CPUs: 1}, {Level: 2, Bytes: 2 << 20, CPUs: 2}}},
		Measured: machine.Measured{
			Waits: machine.Waits{Resolution: 30, Wake: figure(5e3), Oversleep: figure(60e3)},
			Bands: []machine.Band{{Name: machine.DRAM, Bytes: 1e9, Huge: true, One: figure(15e9), All: figure(28e9)},
				{Name: "memory, small pages", Bytes: 1e9, One: figure(15e9), All: figure(28e9)}},
			Peaks: []machine.Peak{{Class: "f32", Set: "avx2", One: figure(1e11), All: figure(2e11)}},
		},
	}
}

func TestAdvice(t *testing.T) {
	if all := advise(quiet()); len(all) != 0 {
		t.Errorf("of a quiet machine: %v", all)
	}
	figure := func(x ...float64) machine.Figure { return machine.FigureOf(x) }
	for _, c := range []struct {
		name   string
		change func(*diagnosis)
		found  string
		do     string
	}{
		{"forced", func(d *diagnosis) { d.Forced, d.Host.Kernels = true, "generic" }, "ASSAY_KERNEL forces the generic kernels; this machine can run avx2", "unset"},
		{"no tiles", func(d *diagnosis) { d.Host.Features = []string{"amxtile"} }, "the system refuses its tile registers", "arch_prctl"},
		{"no vectors", func(d *diagnosis) { d.Kernels, d.Host.Kernels = []string{"generic"}, "generic" }, "no vector kernels", ""},
		{"two a core", func(d *diagnosis) { d.Facts.ThreadsPerCore = 2 }, "2 hardware threads share a core", "--threads 1"},
		{"nodes", func(d *diagnosis) { d.Facts.Nodes = 2 }, "2 NUMA nodes", "numactl"},
		{"one thread is enough", func(d *diagnosis) { d.Measured.Bands[0].All = figure(18e9) }, "2 threads read memory 1.2 times as fast as one", ""},
		{"slow to wake", func(d *diagnosis) { d.Measured.Waits.Wake = figure(80e3) }, "takes 80 us to wake", ""},
		{"huge pages off", func(d *diagnosis) { d.Facts.TransparentHuge = "never" }, "huge pages are off", "echo madvise"},
		{"huge pages on", func(d *diagnosis) { d.Measured.Bands[1].All = figure(14e9) }, "huge pages read 100 % faster", ""},
		{"too large", func(d *diagnosis) { d.Model = &modelLimits{WeightBytes: 7e9} }, "the weights take 7.0 GB, free memory is 6.0 GB", "quantize"},
		{"governor", func(d *diagnosis) { d.Host.Noise = []string{"frequency governor is powersave"} }, "powersave", "cpupower"},
		{"steal", func(d *diagnosis) { d.During.Steal = 0.05 }, "other guests took 5.0 %", "quiet"},
		{"others", func(d *diagnosis) { d.During.Others = 0.4 }, "other processes used 40 %", "again"},
		{"spread", func(d *diagnosis) { d.Measured.Bands[0].All = figure(20e9, 28e9, 30e9) }, "moved from 20.0 to 30.0 GB/s", ""},
		{"decode", func(d *diagnosis) {
			d.Model = &modelLimits{Model: "m", Limits: []limit{{Speed: 50, Roof: bench.Roof{Seconds: 1, Bound: bench.Memory}}}}
		}, "m decodes at most 50 tok/s alone, bound by memory", "fewer bytes"},
	} {
		d := quiet()
		c.change(d)
		all := advise(d)
		if !slices.ContainsFunc(all, func(a advice) bool { return strings.Contains(a.Found, c.found) && strings.Contains(a.Do, c.do) }) {
			t.Errorf("%s: %v, want %q with %q", c.name, all, c.found, c.do)
		}
	}
}

func TestDoctorPrint(t *testing.T) {
	d := quiet()
	d.Model = &modelLimits{Model: "m.gguf", Format: "Q8_0", WeightBytes: 1e9, Kernel: "avx2", Rates: ratesOf(d.Measured, "avx2", true)}
	d.Model.add("decode, batch 1", 1, bench.Cost{Bytes: 1e9, Ops: 2e9})
	d.Model.add("prefill", 100, bench.Cost{Bytes: 1e9, Ops: 2e11})
	var b bytes.Buffer
	if err := d.print(&b); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		"Some CPU, linux/amd64", "2 usable, 2 in the affinity mask (0-1), 1 a core", "generic, avx2; in use: avx2, the best one",
		"L1 48 KiB for 1, L2 2048 KiB for 2", "8.0 GB, 6.0 GB free", "memory (1.0 GB)",
		"28  memory: 1.0 GB a token at 28.0 GB/s", "100  arithmetic: 2 G operations a token at 200 G/s (f32)",
	} {
		if !strings.Contains(b.String(), s) {
			t.Errorf("no %q in:\n%s", s, b.String())
		}
	}
}

func TestRanges(t *testing.T) {
	for _, c := range []struct {
		in   []int
		want string
	}{{nil, ""}, {[]int{3}, "3"}, {[]int{0, 1, 2, 3}, "0-3"}, {[]int{0, 2, 3, 8}, "0,2-3,8"}} {
		if got := ranges(c.in); got != c.want {
			t.Errorf("%v: %q, want %q", c.in, got, c.want)
		}
	}
}

// TestDoctorInterrupted ends before it has measured anything, and still says what
// needs no measurement.
func TestDoctorInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var w, werr bytes.Buffer
	if code := run(ctx, &w, &werr, []string{"doctor", "--json", "--model", "embedded:gopherling-2m"}); code != exitInterrupted {
		t.Fatalf("exit code %d, stderr %q", code, werr.String())
	}
	var d diagnosis
	if err := json.Unmarshal(w.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.Host.CPU == "" || len(d.Kernels) == 0 || len(d.Measured.Peaks) == 0 || d.Measured.Peaks[0].All.Known() || d.Model.Limits[0].Speed != 0 {
		t.Errorf("%+v", d)
	}
}

func TestDoctorRefuses(t *testing.T) {
	t.Setenv(kernelVariable, "avx9")
	if _, errs, code := assay(t, "doctor"); code != exitUsage || !strings.Contains(errs, `ASSAY_KERNEL: kernel "avx9" does not run here`) {
		t.Errorf("exit code %d: %s", code, errs)
	}
	t.Setenv(kernelVariable, "")
	if _, errs, code := assay(t, "doctor", "--threads", "-1"); code != exitUsage || !strings.Contains(errs, "--threads: found -1") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
