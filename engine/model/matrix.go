package model

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/assaylab/assay/engine/kernel"
)

// Matrix is a weight matrix, or several of one shape that are stacked, one for each
// expert: as the file has it, and packed for the kernels, which is what is multiplied.
type Matrix struct {
	kernel.Rows
	packed []kernel.Matrix
}

// part is n rows of m from row from on, m not being packed.
func part(m Matrix, from, n int) Matrix {
	if len(m.Data) > 0 {
		m.Data = m.Data[from*m.Stride : (from+n)*m.Stride]
	}
	return m
}

// stacked is how many matrices m is; none where there is no data.
func (m *Matrix) stacked(count int) []kernel.Rows {
	if len(m.Data) == 0 {
		return nil
	}
	rows := m.Count() / count
	all := make([]kernel.Rows, count)
	for i := range all {
		all[i] = part(*m, i*rows, rows).Rows
	}
	return all
}

// matrices calls f for each matrix of w with the number of those stacked in it.
func (w *Weights) matrices(experts int, f func(m *Matrix, count int)) {
	for i := range w.Layers {
		l := &w.Layers[i]
		for _, m := range []*Matrix{&l.Q, &l.K, &l.V, &l.O, &l.Router} {
			f(m, 1)
		}
		for _, m := range []*Matrix{&l.Gate, &l.Up, &l.Down} {
			f(m, max(1, experts))
		}
	}
	f(&w.Head, 1)
}

// packing is one matrix to pack.
type packing struct {
	to   *kernel.Matrix
	from kernel.Rows
}

// pack packs all matrices, on all cores, in memory of its own. It returns how to free that.
func (w *Weights) pack(experts int) (free func()) {
	var all []packing
	size := 0
	w.matrices(experts, func(m *Matrix, count int) {
		parts := m.stacked(count)
		m.packed = make([]kernel.Matrix, len(parts))
		for i, rows := range parts {
			k := kernel.Kind(rows.Kind)
			all = append(all, packing{&m.packed[i], kernel.Rows{Kind: k, Cols: rows.Cols, Stride: rows.Stride, Data: rows.Data}})
			size += kernel.PackedBytes(k, rows.Count(), rows.Cols)
		}
	})
	data, free := allocate(size)
	for _, p := range all {
		n := kernel.PackedBytes(p.from.Kind, p.from.Count(), p.from.Cols)
		*p.to = kernel.NewMatrix(p.from.Kind, p.from.Count(), p.from.Cols, data[:n:n])
		data = data[n:]
	}
	packAll(all)
	return free
}

// packPiece is how many groups are packed at a time.
const packPiece = 8

// packAll packs pieces of all matrices, which workers take as they get free.
func packAll(all []packing) {
	var next atomic.Int64
	var pieces []struct{ matrix, from, to int }
	for i, p := range all {
		for from := 0; from < p.to.Groups(); from += packPiece {
			pieces = append(pieces, struct{ matrix, from, to int }{i, from, min(p.to.Groups(), from+packPiece)})
		}
	}
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(pieces)); i = next.Add(1) - 1 {
				p := pieces[i]
				all[p.matrix].to.Pack(all[p.matrix].from, p.from, p.to)
			}
		})
	}
	wait.Wait()
}
