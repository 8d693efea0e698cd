package main

import (
	"cmp"
	"fmt"

	"github.com/assaylab/assay/engine/bench"
	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/machine"
)

// limitsKV is the cache format that limits are computed for: what serve has by default.
const limitsKV = "bf16"

// modelLimits is the fastest that a model could run on a machine.
type modelLimits struct {
	Model       string      `json:"model"`
	Format      string      `json:"format"`
	WeightBytes int64       `json:"weight_bytes"` // that a decode step reads
	Kernel      string      `json:"kernel"`
	Rates       bench.Rates `json:"rates"`
	Limits      []limit     `json:"limits"`
}

// limit is one kind of work.
type limit struct {
	Work   string     `json:"work"`
	Tokens int        `json:"tokens"`
	Cost   bench.Cost `json:"cost"`
	Roof   bench.Roof `json:"roof"`
	Speed  float64    `json:"tokens_per_second_at_most"` // 0 where nothing bounds it that was measured
}

// limitsOf puts the measured roofs over the model's work: the best samples, because a
// disturbance can only slow a sample down. The bandwidth is that of reading as much
// memory as the weights take.
func limitsOf(name string, m *checkpoint.Checkpoint, costs *bench.Costs, measured machine.Measured, kernels string) *modelLimits {
	l := &modelLimits{Model: name, Format: checkpoint.Format(m.File), WeightBytes: int64(costs.WeightBytes()), Kernel: kernels, Rates: ratesOf(measured, kernels, costs.Integer())}
	prompt, long := min(512, m.Model.Context), min(4096, m.Model.Context-1)
	l.add("decode, batch 1", 1, costs.Decode(1, 0, 1))
	l.add(fmt.Sprintf("decode after %d tokens", long), 1, costs.Decode(1, long, 1))
	l.add("decode, batch 16", 16, costs.Decode(1, 0, 16))
	l.add(fmt.Sprintf("prefill of %d tokens", prompt), prompt, costs.Prefill(prompt, 0, prompt))
	return l
}

func ratesOf(measured machine.Measured, kernels string, integer bool) bench.Rates {
	var r bench.Rates
	set, hasSet := measured.Find(machine.WorkingSet)
	memory, _ := measured.Find(machine.DRAM)
	if !hasSet {
		set = memory
	}
	r.Bandwidth = set.All.Max
	if peak, ok := machine.Roof(measured.Peaks, kernels, integer); ok {
		r.Peak, r.Class = peak.All.Max, peak.Class
	}
	return r
}

func (l *modelLimits) add(work string, tokens int, cost bench.Cost) {
	x := limit{Work: work, Tokens: tokens, Cost: cost, Roof: l.Rates.Roof(cost)}
	if x.Roof.Seconds > 0 {
		x.Speed = float64(tokens) / x.Roof.Seconds
	}
	l.Limits = append(l.Limits, x)
}

// words say what binds, with the numbers behind it.
func (x limit) words(r bench.Rates) string {
	switch x.Roof.Bound {
	case bench.Memory:
		return fmt.Sprintf("memory: %s a token at %.1f GB/s", bytesOf(int64(x.Cost.Bytes)/int64(x.Tokens)), r.Bandwidth/1e9)
	case bench.Arithmetic:
		return fmt.Sprintf("arithmetic: %.3g G operations a token at %.0f G/s (%s)", x.Cost.Ops/float64(x.Tokens)/1e9, r.Peak/1e9, r.Class)
	}
	return cmp.Or(x.Roof.Bound, "not measured")
}
