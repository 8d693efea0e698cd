package model

import (
	"fmt"
	"math"

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

	embed    quant.Format // of Weights.Embedding
	cos, sin []float32    // (context, RopeDim/2)
}

// Load binds the tensors of f. Errors name the file and the key or tensor.
func Load(f *gguf.File, kernels *kernel.Set) (*Model, error) {
	c, err := readConfig(f)
	if err != nil {
		return nil, err
	}
	t, err := f.Tensor("token_embd.weight")
	if err != nil {
		return nil, err
	}
	if len(t.Dims) != 2 {
		return nil, fmt.Errorf("%s: tensor %s has %d dimensions, want 2", f.Name, t.Name, len(t.Dims))
	}
	c.Vocab = t.Dims[1]
	w, err := bindWeights(f, c)
	if err != nil {
		return nil, err
	}
	m := &Model{Config: c, Weights: w, Kernels: kernels}
	if m.embed, err = quant.ByType(uint32(t.Type)); err != nil {
		return nil, err
	}
	m.angles()
	return m, nil
}

// angles tabulates the rotary embedding: position p turns pair i by p x base^(-2i/n).
func (m *Model) angles() {
	n := m.RopeDim / 2
	m.cos, m.sin = make([]float32, m.Context*n), make([]float32, m.Context*n)
	for i := range n {
		// In float32, as the models are trained: the reference's angles, bit for bit.
		frequency := float32(math.Pow(m.RopeBase, -float64(2*i)/float64(m.RopeDim)))
		for p := range m.Context {
			a := float64(float32(p) * frequency)
			m.cos[p*n+i], m.sin[p*n+i] = float32(math.Cos(a)), float32(math.Sin(a))
		}
	}
}

// WeightBytes is the size of all tensors as stored.
func (m *Model) WeightBytes() int64 { return m.Weights.bytes }

// Ops are the multiply-adds of computing one position: its matrix products, its
// attention over position+1 cached ones, and the head where logits are wanted.
func (m *Model) Ops(position int, logits bool) int64 {
	q := int64(m.Heads * m.HeadDim)
	layer := int64(m.Dim)*(2*q+2*int64(m.KVDim())+3*int64(m.FFN)) + 2*q*int64(position+1)
	ops := int64(m.Layers) * layer
	if logits {
		ops += int64(m.Dim) * int64(m.Vocab)
	}
	return ops
}
