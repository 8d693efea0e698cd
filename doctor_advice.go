package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine/machine"
)

// advice is something found, and what to do about it; "" where nothing can be done.
type advice struct {
	Found string `json:"found"`
	Do    string `json:"do,omitempty"`
}

// Thresholds above which a finding is worth a line.
const (
	stolenMuch  = 0.01 // of the CPUs' time during the measurement
	othersMuch  = 0.05 // the same
	spreadMuch  = 0.25 // of a figure's median, from least to most
	hugeGain    = 0.05 // bandwidth of huge pages over small ones
	wakeMuch    = 50e3 // nanoseconds
	scalesFully = 0.75 // of threads times one thread's bandwidth
	gigabyte    = 1e9
	microsecond = 1e3
)

// advise draws the conclusions.
func advise(d *diagnosis) []advice {
	all := slices.Concat(d.kernelAdvice(), d.coreAdvice(), d.memoryAdvice(), d.noiseAdvice())
	return append(all, d.limitAdvice()...)
}

func (d *diagnosis) kernelAdvice() []advice {
	var all []advice
	best := d.Kernels[len(d.Kernels)-1]
	if d.Forced && d.Host.Kernels != best {
		all = append(all, advice{fmt.Sprintf("%s forces the %s kernels; this machine can run %s", kernelVariable, d.Host.Kernels, best), "unset " + kernelVariable})
	}
	if slices.Contains(d.Host.Features, "amxtile") && !slices.ContainsFunc(d.Measured.Peaks, func(p machine.Peak) bool { return p.Set == "amx" }) {
		all = append(all, advice{"the processor has AMX, and the system refuses its tile registers", "use a Linux kernel of 5.16 or later without a filter on arch_prctl"})
	}
	if best == "generic" {
		all = append(all, advice{"no vector kernels run here: every product is portable Go", "expect a tenth of the speed of a processor with AVX2"})
	}
	return all
}

func (d *diagnosis) coreAdvice() []advice {
	var all []advice
	if n := d.Facts.ThreadsPerCore; n > 1 && d.Threads > max(1, len(d.CPUs)/n) {
		all = append(all, advice{fmt.Sprintf("%d hardware threads share a core", n), fmt.Sprintf("try --threads %d: two threads of a core share its arithmetic", max(1, d.Threads/n))})
	}
	if d.Facts.Nodes > 1 {
		all = append(all, advice{fmt.Sprintf("memory is in %d NUMA nodes", d.Facts.Nodes), "keep one server on one node: numactl --cpunodebind=0 --membind=0 assay serve"})
	}
	if b, ok := d.Measured.Find(machine.DRAM); ok && d.Threads > 1 && b.All.Median < scalesFully*float64(d.Threads)*b.One.Median {
		all = append(all, advice{fmt.Sprintf("%d threads read memory %.1f times as fast as one", d.Threads, b.All.Median/b.One.Median), "decode of models larger than the caches gains little from more threads"})
	}
	if w := d.Measured.Waits.Wake; w.Known() && w.Median > wakeMuch {
		all = append(all, advice{fmt.Sprintf("a sleeping thread takes %.0f us to wake", w.Median/microsecond), "small models decode slower than their roof: idle states or a busy host delay every hand-over"})
	}
	return all
}

func (d *diagnosis) memoryAdvice() []advice {
	var all []advice
	huge, okHuge := d.Measured.Find(machine.DRAM)
	small, okSmall := d.Measured.Find("memory, small pages")
	gain := 0.0
	if okHuge && okSmall && small.All.Median > 0 {
		gain = huge.All.Median/small.All.Median - 1
	}
	switch d.Facts.TransparentHuge {
	case "never":
		all = append(all, advice{"transparent huge pages are off", "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"})
	case "always", "madvise":
		if gain > hugeGain {
			all = append(all, advice{Found: fmt.Sprintf("huge pages read %.0f %% faster than small ones, and are on (%s)", 100*gain, d.Facts.TransparentHuge)})
		}
	}
	if m := d.Model; m != nil && d.Facts.AvailableBytes > 0 && m.WeightBytes > d.Facts.AvailableBytes {
		all = append(all, advice{fmt.Sprintf("the weights take %s, free memory is %s", bytesOf(m.WeightBytes), bytesOf(d.Facts.AvailableBytes)), "quantize the model (assay quantize), or every step reads from disk"})
	}
	return all
}

func (d *diagnosis) noiseAdvice() []advice {
	var all []advice
	for _, n := range d.Host.Noise {
		do := ""
		if strings.Contains(n, "governor") {
			do = "cpupower frequency-set -g performance"
		}
		all = append(all, advice{n, do})
	}
	if d.During.Steal > stolenMuch {
		all = append(all, advice{fmt.Sprintf("other guests took %.1f %% of the CPUs during the measurement", 100*d.During.Steal), "measure when the host is quiet, and compare only what was measured in turn"})
	}
	if d.During.Others > othersMuch {
		all = append(all, advice{fmt.Sprintf("other processes used %.0f %% of the CPUs during the measurement: its figures are too low", 100*d.During.Others), "stop them and run assay doctor again"})
	}
	for _, b := range d.Measured.Bands {
		if f := b.All; f.Known() && f.Max-f.Min > spreadMuch*f.Median {
			all = append(all, advice{fmt.Sprintf("bandwidth of %s moved from %.1f to %.1f GB/s between samples", b.Name, f.Min/gigabyte, f.Max/gigabyte), "take differences of less than that for nothing"})
		}
	}
	return all
}

// limitAdvice says what binds the model.
func (d *diagnosis) limitAdvice() []advice {
	if d.Model == nil || len(d.Model.Limits) == 0 || d.Model.Limits[0].Speed == 0 {
		return nil
	}
	l := d.Model.Limits[0]
	do := "faster kernels or more threads help"
	if l.Roof.Bound == "memory" {
		do = "fewer bytes a token help: a smaller format, or more sequences at once"
	}
	return []advice{{fmt.Sprintf("%s decodes at most %.0f tok/s alone, bound by %s", d.Model.Model, l.Speed, l.Roof.Bound), do}}
}
