package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/quant"
)

// binder takes tensors by name, checks their shapes and knows which were not taken.
type binder struct {
	f      *gguf.File
	prefix string // of the layer at hand
	left   map[string]bool
	errs   []error
}

// in makes the names that follow those of layer i.
func (b *binder) in(i int) { b.prefix = fmt.Sprintf("blk.%d.", i) }

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

// matrix takes rows x cols, or, where there are more dimensions, matrices that are
// stacked: the first is their number.
func (b *binder) matrix(name string, dims ...int) Matrix {
	name = b.prefix + name
	t, ok := b.take(name, dims...)
	if !ok {
		return Matrix{}
	}
	k, err := kernel.KindOf(t.Type.String())
	if err != nil {
		b.errs = append(b.errs, fmt.Errorf("%s: tensor %s at offset %d: %w; requantize the file to one of %s", b.f.Name, name, t.Offset, err, kindNames()))
		return Matrix{}
	}
	return Matrix{Rows: kernel.NewRows(k, dims[len(dims)-1], t.Data)}
}

func (b *binder) vector(name string, n int) []float32 {
	name = b.prefix + name
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

// optional is a vector that some files of an architecture lack.
func (b *binder) optional(name string, n int) []float32 {
	if !b.left[b.prefix+name] {
		return nil
	}
	return b.vector(name, n)
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

// kindNames lists the formats that matrices may have.
func kindNames() string {
	var names []string
	for t := range gguf.Type(64) {
		if _, err := kernel.KindOf(t.String()); err == nil {
			names = append(names, t.String())
		}
	}
	return strings.Join(names, ", ")
}
