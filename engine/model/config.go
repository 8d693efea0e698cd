package model

import (
	"errors"
	"fmt"
	"math"

	"github.com/assaylab/assay/engine/gguf"
)

// Config is a model's shape, and what its architecture does differently from others.
type Config struct {
	Architecture string
	Name         string
	Layers       int
	Dim          int // width of the residual stream
	Heads        int // query heads
	KVHeads      int // key and value heads; Heads/KVHeads queries share one
	HeadDim      int
	FFN          int // width of the feed-forward block, or of one expert
	Vocab        int
	Context      int     // positions the model was trained for
	Eps          float32 // of RMSNorm
	RopeBase     float64
	RopeDim      int // leading columns of a head that are rotated
	Rope         Rope
	Scaling      Scaling // of the rotary embedding

	AttentionScale float32 // multiplies scores
	EmbeddingScale float32 // multiplies token embeddings
	Activation     Activation

	Window    int     // positions that a windowed layer attends to, its own among them; 0 is all
	Windowed  []bool  // (layers); nil where none is
	LocalBase float64 // RopeBase of windowed layers

	Experts     int // feed-forward blocks of a layer that rows are routed to; 0 is one for all
	ExpertsUsed int // of a row

	Temperature       float64 // queries grow by 1 + Temperature x ln(1 + floor(position / TemperatureLength))
	TemperatureLength int     // positions
}

// Activation is the function of a feed-forward block's gate.
type Activation int

// The activations.
const (
	SiLU Activation = iota
	GELU            // in the approximation by tanh
)

// KVDim is the width of one position's keys, or values, in one layer.
func (c Config) KVDim() int { return c.KVHeads * c.HeadDim }

// readConfig reads what all architectures share and then what f's own adds.
func readConfig(f *gguf.File) (Config, architecture, error) {
	a, err := architectureOf(f)
	if err != nil {
		return Config{}, a, err
	}
	r := reader{f: f, arch: a.name + "."}
	c := Config{Architecture: a.name, Name: a.name, Rope: a.rope, EmbeddingScale: 1}
	if f.Has("general.name") {
		c.Name, r.err = f.String("general.name")
	}
	c.Layers, c.Dim, c.FFN = r.count("block_count"), r.count("embedding_length"), r.count("feed_forward_length")
	c.Heads, c.Context = r.count("attention.head_count"), r.count("context_length")
	c.KVHeads = r.countOr("attention.head_count_kv", c.Heads)
	c.Eps = float32(r.float("attention.layer_norm_rms_epsilon"))
	c.RopeBase = r.floatOr("rope.freq_base", 10000)
	if r.err != nil {
		return c, a, r.err
	}
	c.HeadDim = r.countOr("attention.key_length", max(1, c.Dim/c.Heads))
	r.refuse("attention.value_length", float64(c.HeadDim))
	c.RopeDim = r.countOr("rope.dimension_count", c.HeadDim)
	c.AttentionScale = float32(r.floatOr("attention.scale", 1/math.Sqrt(float64(c.HeadDim))))
	c.Scaling = r.scaling()
	if a.read != nil {
		a.read(&r, &c)
	}
	return c, a, errors.Join(r.err, c.check(f))
}

// limit bounds every count of a Config, far above any real model, so that products
// of two do not overflow.
const limit = 1 << 24

func (c Config) check(f *gguf.File) error {
	for _, rule := range []struct {
		bad  bool
		what string
	}{
		{c.Heads%c.KVHeads != 0, fmt.Sprintf("%d query heads are not a multiple of %d key heads", c.Heads, c.KVHeads)},
		{c.RopeDim%2 != 0 || c.RopeDim > c.HeadDim, fmt.Sprintf("rope.dimension_count is %d, want an even number up to the head's %d", c.RopeDim, c.HeadDim)},
		{!(c.Eps > 0), fmt.Sprintf("attention.layer_norm_rms_epsilon is %g, want a positive number", c.Eps)},
		{!(c.RopeBase > 1), fmt.Sprintf("rope.freq_base is %g, want more than 1", c.RopeBase)},
		{c.LocalBase != 0 && !(c.LocalBase > 1), fmt.Sprintf("rope.freq_base_swa is %g, want more than 1", c.LocalBase)},
		{!(c.Temperature >= 0), fmt.Sprintf("attention.temperature_scale is %g, want 0 or more", c.Temperature)},
		{!(c.AttentionScale > 0), fmt.Sprintf("attention.scale is %g, want a positive number", c.AttentionScale)},
		{c.ExpertsUsed > c.Experts, fmt.Sprintf("expert_used_count is %d of %d experts", c.ExpertsUsed, c.Experts)},
	} {
		if rule.bad {
			return fmt.Errorf("%s: %s", f.Name, rule.what)
		}
	}
	return c.Scaling.check(f)
}
