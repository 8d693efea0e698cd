package model

import (
	"errors"
	"fmt"

	"github.com/assaylab/assay/engine/gguf"
)

// Config is a model's shape.
type Config struct {
	Architecture string
	Name         string
	Layers       int
	Dim          int // width of the residual stream
	Heads        int // query heads
	KVHeads      int // key and value heads; Heads/KVHeads queries share one
	HeadDim      int
	FFN          int // width of the feed-forward block
	Vocab        int
	Context      int     // positions the model was trained for
	Eps          float32 // of RMSNorm
	RopeBase     float64
	RopeDim      int // leading columns of a head that are rotated
	Rope         Rope
}

// Rope says which columns of a head rotate together.
type Rope int

// The two layouts of rotary embeddings.
const (
	RopePairs  Rope = iota // (2i, 2i+1), as in the paper
	RopeHalves             // (i, i+n/2), as in GPT-NeoX
)

// architectures are the values of general.architecture that can be run.
var architectures = []struct {
	name string
	rope Rope
}{
	{"llama", RopePairs},
}

// KVDim is the width of one position's keys, or values, in one layer.
func (c Config) KVDim() int { return c.KVHeads * c.HeadDim }

func readConfig(f *gguf.File) (Config, error) {
	r := reader{f: f}
	c := Config{Architecture: r.str("general.architecture")}
	if r.err != nil {
		return c, r.err
	}
	rope, err := ropeOf(f, c.Architecture)
	if err != nil {
		return c, err
	}
	r.arch = c.Architecture + "."
	c.Rope = rope
	c.Name = r.optional("general.name", c.Architecture)
	c.Layers, c.Dim, c.FFN = r.count("block_count"), r.count("embedding_length"), r.count("feed_forward_length")
	c.Heads, c.Context = r.count("attention.head_count"), r.count("context_length")
	c.KVHeads = r.countOr("attention.head_count_kv", c.Heads)
	c.Eps = float32(r.float("attention.layer_norm_rms_epsilon"))
	c.RopeBase = r.floatOr("rope.freq_base", 10000)
	if r.err == nil {
		c.HeadDim = r.countOr("attention.key_length", c.Dim/c.Heads)
		c.RopeDim = r.countOr("rope.dimension_count", c.HeadDim)
	}
	r.refuse("rope.scaling.type", "none")
	return c, errors.Join(r.err, c.check(f))
}

func ropeOf(f *gguf.File, architecture string) (Rope, error) {
	known := ""
	for _, a := range architectures {
		if a.name == architecture {
			return a.rope, nil
		}
		known += " " + a.name
	}
	return 0, fmt.Errorf("%s: general.architecture is %q, want one of:%s", f.Name, architecture, known)
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
	} {
		if rule.bad {
			return fmt.Errorf("%s: %s", f.Name, rule.what)
		}
	}
	return nil
}

// reader reads metadata keys and keeps the first error.
type reader struct {
	f    *gguf.File
	arch string
	err  error
}

func (r *reader) str(key string) string {
	s, err := r.f.String(key)
	r.keep(err)
	return s
}

func (r *reader) optional(key, otherwise string) string {
	if !r.f.Has(key) {
		return otherwise
	}
	return r.str(key)
}

// count is a number of things: at least 1. Where it is missing or out of range it
// is 1, so that checks that follow do not divide by zero; the error is kept.
func (r *reader) count(key string) int {
	n, err := r.f.Uint(r.arch + key)
	r.keep(err)
	if err == nil && (n < 1 || n > limit) {
		r.keep(fmt.Errorf("%s: %s is %d, want 1 to %d", r.f.Name, r.arch+key, n, limit))
	}
	if r.err != nil {
		return 1
	}
	return int(n)
}

func (r *reader) countOr(key string, otherwise int) int {
	if !r.f.Has(r.arch + key) {
		return otherwise
	}
	return r.count(key)
}

func (r *reader) float(key string) float64 {
	v, err := r.f.Float(r.arch + key)
	r.keep(err)
	return v
}

func (r *reader) floatOr(key string, otherwise float64) float64 {
	if !r.f.Has(r.arch + key) {
		return otherwise
	}
	return r.float(key)
}

// refuse reports a key whose value changes the arithmetic in a way this engine lacks.
func (r *reader) refuse(key, neutral string) {
	if v := r.optional(r.arch+key, neutral); v != neutral {
		r.keep(fmt.Errorf("%s: %s is %q, which this engine lacks (want %q or no such key)", r.f.Name, r.arch+key, v, neutral))
	}
}

func (r *reader) keep(err error) {
	if r.err == nil {
		r.err = err
	}
}
