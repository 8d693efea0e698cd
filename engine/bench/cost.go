package bench

import (
	"fmt"
	"math"
	"strings"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/model"
)

// Cost is the least that some work needs.
type Cost struct {
	Bytes     float64 `json:"bytes"` // read and written: weights, keys and values
	Ops       float64 `json:"ops"`   // a multiplication and an addition are two
	Estimated bool    `json:"estimated,omitempty"`
}

// Costs knows what passes of a model need. Activations are not counted: they stay in
// caches. Every pass reads all weights once, and the head's where it wants logits;
// each sequence's keys and values are read once a pass, and its new ones written.
type Costs struct {
	m       *model.Model
	layers  float64 // bytes of the layers' weights and norms, experts apart
	experts float64 // bytes of all experts of all layers
	head    float64 // bytes
	integer float64 // share of the bytes that are quantized to integers
	perPos  float64 // bytes of one position's keys and values in one layer
}

// NewCosts counts f's tensors for m, which was loaded from it. kv is the cache's format.
func NewCosts(f *gguf.File, m *model.Model, kv string) (*Costs, error) {
	perToken, err := model.CacheBytesPerToken(m.Config, kv)
	if err != nil {
		return nil, err
	}
	c := &Costs{m: m, perPos: float64(perToken) / float64(m.Layers)}
	var embedding, integers float64
	for _, t := range f.Tensors {
		size := float64(len(t.Data))
		switch {
		case t.Name == "token_embd.weight":
			embedding = size
		case t.Name == "output.weight":
			c.head = size
		case strings.Contains(t.Name, "_exps."):
			c.experts += size
		default:
			c.layers += size
		}
		kind, err := kernel.KindOf(t.Type.String())
		if err == nil && kind.Integer() && t.Name != "token_embd.weight" {
			integers += size
		}
	}
	if c.head == 0 { // tied
		c.head = embedding
	}
	if total := c.WeightBytes(); total > 0 {
		c.integer = integers / total
	}
	return c, nil
}

// WeightBytes are what a pass reads at most: all layers and the head.
func (c *Costs) WeightBytes() float64 { return c.layers + c.experts + c.head }

// Integer reports whether most weights are quantized to integers.
func (c *Costs) Integer() bool { return c.integer > 0.5 }

// pass adds a pass of rows rows, of which logits want logits.
func (c *Costs) pass(to *Cost, rows, logits int) {
	to.Bytes += c.layers
	if logits > 0 {
		to.Bytes += c.head
	}
	if c.experts > 0 {
		to.Bytes += c.experts * expertShare(c.m.ExpertsUsed, c.m.Experts, rows)
		to.Estimated = to.Estimated || rows > 1
	}
}

// expertShare is the expected share of experts that rows rows read where each picks
// used of all, evenly and independently. One row's share is exact.
func expertShare(used, all, rows int) float64 {
	return 1 - math.Pow(1-float64(used)/float64(max(1, all)), float64(rows))
}

// span adds what one sequence's rows at [from, to) add to a pass.
func (c *Costs) span(cost *Cost, from, to, logits int) {
	for i := range c.m.Weights.Layers {
		read := to
		if w := c.m.Weights.Layers[i].Window; w > 0 {
			read = min(to, to-from+w-1)
		}
		cost.Bytes += c.perPos * float64(read+to-from)
	}
	for p := from; p < to; p++ {
		cost.Ops += 2 * float64(c.m.Ops(p, p >= to-logits))
	}
}

// Prefill is the cost of n tokens behind depth others, in passes of at most chunk
// rows, with the last token's logits.
func (c *Costs) Prefill(n, depth, chunk int) Cost {
	var cost Cost
	for from := 0; from < n; from += chunk {
		to := min(n, from+chunk)
		logits := 0
		if to == n {
			logits = 1
		}
		c.pass(&cost, to-from, logits)
		c.span(&cost, depth+from, depth+to, logits)
	}
	return cost
}

// Decode is the cost of n steps of batch sequences, each behind depth tokens.
func (c *Costs) Decode(n, depth, batch int) Cost {
	var one, cost Cost
	for i := range n {
		c.pass(&cost, batch, batch)
		c.span(&one, depth+i, depth+i+1, 1)
	}
	cost.Bytes += float64(batch) * one.Bytes
	cost.Ops += float64(batch) * one.Ops
	return cost
}

// Rates are what a machine can do at most.
type Rates struct {
	Bandwidth float64 `json:"bytes_per_second"` // 0 where not known
	Peak      float64 `json:"ops_per_second"`   // 0 where not known
	Class     string  `json:"peak_class"`       // of instructions that Peak is of
}

// The roofs a speed can be under.
const (
	Memory     = "memory"
	Arithmetic = "arithmetic"
)

// Roof is the least time that a cost takes, and what it is bound by (Williams,
// Waterman and Patterson 2009).
type Roof struct {
	Seconds float64 `json:"seconds"`
	Bound   string  `json:"bound"` // Memory or Arithmetic, "" where no rate is known
}

// Roof is the cost's at these rates. A rate that is not known bounds nothing.
func (r Rates) Roof(c Cost) Roof {
	var best Roof
	if r.Bandwidth > 0 {
		best = Roof{c.Bytes / r.Bandwidth, Memory}
	}
	if s := c.Ops / r.Peak; r.Peak > 0 && s > best.Seconds {
		best = Roof{s, Arithmetic}
	}
	return best
}

func (r Rates) String() string {
	return fmt.Sprintf("%.1f GB/s, %.0f G operations/s of %s", r.Bandwidth/1e9, r.Peak/1e9, r.Class)
}
