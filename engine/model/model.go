package model

import (
	"fmt"
	"runtime"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/quant"
)

// Model is a configuration with its weights, ready to run with one set of kernels.
// Its matrices are slices of the GGUF file, which must stay open.
type Model struct {
	Config
	Weights Weights
	Kernels *kernel.Set

	embed quant.Format // of Weights.Embedding
	whole *Model       // whose first layers these are, and which has their memory; nil for a model of its own
}

// Load binds the tensors of f. Errors name the file and the key or tensor.
func Load(f *gguf.File, kernels *kernel.Set) (*Model, error) {
	c, a, t, err := readShape(f)
	if err != nil {
		return nil, err
	}
	w, err := bindWeights(f, c, a.layer)
	if err != nil {
		return nil, err
	}
	m := &Model{Config: c, Weights: w, Kernels: kernels}
	if m.embed, err = quant.ByType(uint32(t.Type)); err != nil {
		return nil, err
	}
	runtime.AddCleanup(m, func(free func()) { free() }, m.Weights.pack(c.Experts))
	f.Forget()
	return m, nil
}

// ReadConfig reads a model's shape without its weights.
func ReadConfig(f *gguf.File) (Config, error) {
	c, _, _, err := readShape(f)
	return c, err
}

// readShape is the configuration with what the embedding's tensor alone says, the vocabulary.
func readShape(f *gguf.File) (Config, architecture, gguf.Tensor, error) {
	c, a, err := readConfig(f)
	if err != nil {
		return c, a, gguf.Tensor{}, err
	}
	t, err := f.Tensor("token_embd.weight")
	if err == nil && len(t.Dims) != 2 {
		err = fmt.Errorf("%s: tensor %s has %d dimensions, want 2", f.Name, t.Name, len(t.Dims))
	}
	if err == nil {
		c.Vocab = t.Dims[1]
	}
	return c, a, t, err
}

// Prompts reports whether positions of prompts have an arithmetic of their own, so that their
// keys and values, and logits, are not those of generated positions with the same tokens.
func (m *Model) Prompts() bool { return m.Kernels.Prompts() }

// WeightBytes is the size of all tensors as stored.
func (m *Model) WeightBytes() int64 { return m.Weights.bytes }

// Ops are the multiply-adds of computing one position: its matrix products, those of
// the experts it is routed to among them, its attention over the cached positions up to
// its own, and the head where logits are wanted.
func (m *Model) Ops(position int, logits bool) int64 {
	q, dim := int64(m.Heads*m.HeadDim), int64(m.Dim)
	blocks := int64(max(1, m.ExpertsUsed))
	ops := int64(m.Layers) * (dim*(2*q+2*int64(m.KVDim())+int64(m.Experts)) + blocks*3*dim*int64(m.FFN))
	for i := range m.Weights.Layers {
		ops += 2 * q * int64(position+1-m.Weights.Layers[i].first(position))
	}
	if logits {
		ops += dim * int64(m.Vocab)
	}
	return ops
}
