package model

import "github.com/assaylab/assay/engine/kernel"

// forms are what the matrices that read an input want of its rows.
type forms struct {
	quantized bool
	floats    bool // if they are quantized, too; otherwise they always are
	split     bool // of prompts: in two parts
}

// forms is what products with all of these want.
func (s *State) forms(all ...*Matrix) forms {
	f := forms{floats: s.observe != nil}
	for _, m := range all {
		f.quantized = f.quantized || m.Kind.Integer()
		f.floats = f.floats || !m.Kind.Integer()
		f.split = f.split || s.m.Kernels.Splits(m.Kind, m.Cols)
	}
	return f
}

// split makes the parts of those of x's rows [from, to) that are a prompt's, if they are wanted.
func (s *State) split(w *worker, x *kernel.Batch, from, to int, f forms) {
	if f.split {
		s.m.Kernels.SplitRows(&w.Worker, x, from, to)
	}
}

// splits reports whether some product wants prompts' rows in parts.
func (m *Model) splits() (any bool) {
	m.Weights.matrices(m.Experts, func(x *Matrix, _ int) { any = any || m.Kernels.Splits(x.Kind, x.Cols) })
	return any
}
