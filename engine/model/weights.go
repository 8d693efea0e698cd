package model

import (
	"errors"
	"fmt"
	"slices"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/quant"
)

// Weights are a model's parameters. Matrices are (outputs, inputs), a row per output.
type Weights struct {
	Embedding kernel.Rows // (vocab, dim)
	Layers    []Layer
	Norm      []float32   // (dim)
	Head      kernel.Rows // (vocab, dim); the embedding again where the two are tied

	bytes int64
}

// Layer is one transformer block.
type Layer struct {
	AttnNorm []float32   // (dim)
	Q, K, V  kernel.Rows // (heads x head, dim), (kv heads x head, dim) twice
	O        kernel.Rows // (dim, heads x head)
	FFNNorm  []float32   // (dim)
	Gate, Up kernel.Rows // (ffn, dim)
	Down     kernel.Rows // (dim, ffn)
}

// binder takes tensors by name, checks their shapes and knows which were not taken.
type binder struct {
	f    *gguf.File
	left map[string]bool
	errs []error
}

func bindWeights(f *gguf.File, c Config) (Weights, error) {
	b := &binder{f: f, left: make(map[string]bool, len(f.Tensors))}
	var w Weights
	for _, t := range f.Tensors {
		b.left[t.Name] = true
		w.bytes += int64(len(t.Data))
	}
	w.Embedding = b.matrix("token_embd.weight", c.Vocab, c.Dim)
	w.Norm = b.vector("output_norm.weight", c.Dim)
	w.Head = w.Embedding
	if b.left["output.weight"] {
		w.Head = b.matrix("output.weight", c.Vocab, c.Dim)
	}
	for i := range c.Layers {
		w.Layers = append(w.Layers, b.layer(fmt.Sprintf("blk.%d.", i), c))
		if len(b.errs) > 8 {
			break
		}
	}
	b.nothingLeft()
	return w, errors.Join(b.errs...)
}

func (b *binder) layer(p string, c Config) Layer {
	q := c.Heads * c.HeadDim
	return Layer{
		AttnNorm: b.vector(p+"attn_norm.weight", c.Dim),
		Q:        b.matrix(p+"attn_q.weight", q, c.Dim),
		K:        b.matrix(p+"attn_k.weight", c.KVDim(), c.Dim),
		V:        b.matrix(p+"attn_v.weight", c.KVDim(), c.Dim),
		O:        b.matrix(p+"attn_output.weight", c.Dim, q),
		FFNNorm:  b.vector(p+"ffn_norm.weight", c.Dim),
		Gate:     b.matrix(p+"ffn_gate.weight", c.FFN, c.Dim),
		Up:       b.matrix(p+"ffn_up.weight", c.FFN, c.Dim),
		Down:     b.matrix(p+"ffn_down.weight", c.Dim, c.FFN),
	}
}

// take finds a tensor of the shape (rows, cols), cols alone for a vector.
func (b *binder) take(name string, dims ...int) (gguf.Tensor, bool) {
	t, err := b.f.Tensor(name)
	if err != nil {
		b.errs = append(b.errs, err)
		return t, false
	}
	delete(b.left, name)
	got := slices.Clone(t.Dims)
	slices.Reverse(got)
	for len(got) > len(dims) && got[0] == 1 {
		got = got[1:]
	}
	if !slices.Equal(got, dims) {
		b.errs = append(b.errs, fmt.Errorf("%s: tensor %s at offset %d has shape %v, want %v", b.f.Name, name, t.Offset, got, dims))
		return t, false
	}
	return t, true
}

func (b *binder) matrix(name string, rows, cols int) kernel.Rows {
	t, ok := b.take(name, rows, cols)
	if !ok {
		return kernel.Rows{}
	}
	k, err := kernel.KindOf(t.Type.String())
	if err != nil {
		b.errs = append(b.errs, fmt.Errorf("%s: tensor %s at offset %d: %w; requantize the file to one of F32, F16, BF16, Q8_0, Q4_0, Q4_1", b.f.Name, name, t.Offset, err))
		return kernel.Rows{}
	}
	return kernel.NewRows(k, cols, t.Data)
}

func (b *binder) vector(name string, n int) []float32 {
	t, ok := b.take(name, n)
	if !ok {
		return nil
	}
	f, err := quant.ByType(uint32(t.Type))
	if err != nil {
		b.errs = append(b.errs, fmt.Errorf("%s: tensor %s at offset %d: %w", b.f.Name, name, t.Offset, err))
		return nil
	}
	v := make([]float32, n)
	f.Dequantize(v, t.Data)
	return v
}

// nothingLeft reports tensors that this architecture does not use: ignoring one
// would give answers that look right and are not.
func (b *binder) nothingLeft() {
	if len(b.errs) > 0 || len(b.left) == 0 {
		return
	}
	names := make([]string, 0, len(b.left))
	for n := range b.left {
		names = append(names, n)
	}
	slices.Sort(names)
	b.errs = append(b.errs, fmt.Errorf("%s: %d tensors are not part of this architecture, the first is %s", b.f.Name, len(names), names[0]))
}
