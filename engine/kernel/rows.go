package kernel

import "unsafe"

// Rows is a matrix in storage: row r starts Stride bytes after row r-1.
type Rows struct {
	Kind   Kind
	Cols   int
	Stride int
	Data   []byte
}

// NewRows describes densely packed rows.
func NewRows(k Kind, cols int, data []byte) Rows {
	return Rows{Kind: k, Cols: cols, Stride: k.RowBytes(cols), Data: data}
}

// Count is the number of rows in Data; a last row may be shorter than the stride.
func (m Rows) Count() int {
	if len(m.Data) == 0 {
		return 0
	}
	return (len(m.Data)-m.Kind.RowBytes(m.Cols))/m.Stride + 1
}

// group is the number of weight rows an assembly kernel takes at once.
const group = 4

// Dot writes out[i] = dot(row from+i, x) for len(out) rows. w is the calling
// worker's scratch.
func (s *Set) Dot(w *Worker, m Rows, from int, x Vec, out []float32) {
	if len(out) == 0 {
		return
	}
	if s.dot[m.Kind] == nil {
		s.panelDot(w, m, from, x, out)
		return
	}
	a := &w.dot
	a.stride, a.n = uintptr(m.Stride), m.Cols
	x.fill(a, m.Kind)
	if len(out) < group || m.Cols%s.columns(m.Kind) != 0 {
		a.set(m, from, out)
		generic.dot[m.Kind](a)
		return
	}
	whole := len(out) / group * group
	a.set(m, from, out[:whole])
	s.dot[m.Kind](a)
	if whole < len(out) { // the last group again, shifted to end at the last row
		last := len(out) - group
		a.set(m, from+last, out[last:])
		s.dot[m.Kind](a)
	}
}

func (s *Set) columns(k Kind) int {
	if k.Integer() {
		return layouts[k].elems
	}
	return s.align
}

func (a *dotArgs) set(m Rows, from int, out []float32) {
	last := m.Data[(from+len(out)-1)*m.Stride:]
	_ = last[m.Kind.RowBytes(m.Cols)-1] // the kernel reads to here and no further
	a.w = unsafe.Pointer(&m.Data[from*m.Stride])
	a.rows, a.out = len(out), &out[0]
}

// Sum adds p[j] x row from+j of v to dst, for all j in order. The columns read are
// v.Cols, len(dst).
func (s *Set) Sum(w *Worker, v Rows, from int, p, dst []float32) {
	if len(p) == 0 {
		return
	}
	last := v.Data[(from+len(p)-1)*v.Stride:]
	_ = last[v.Kind.RowBytes(v.Cols)-1]
	a := &w.sum
	a.v, a.stride, a.p = unsafe.Pointer(&v.Data[from*v.Stride]), uintptr(v.Stride), &p[0]
	a.n, a.rows, a.dst = v.Cols, len(p), &dst[:v.Cols][0]
	if v.Cols%blockElems != 0 {
		generic.sum[v.Kind](a)
		return
	}
	s.sum[v.Kind](a)
}

// Worker is the scratch of one worker: the argument blocks that kernels read, kept
// here so that a call allocates nothing, and a panel, which grows on first use.
type Worker struct {
	dot      dotArgs
	sum      sumArgs
	pack     packArgs
	tile     tileArgs
	quantize quantizeArgs
	panel    []float32   // bytes, too: see panel.go
	sums     [32]float32 // of a group of rows, twice
}
