package kernel

import (
	"unsafe"

	"github.com/assaylab/assay/engine/quant"
)

// widenArgs is the one argument of a kernel that makes codes floats: each of its code, which
// is exact, times its scale, rounded once. Assembly reads it by offset; keep the order.
type widenArgs struct {
	codes *int8    // 0
	scale *uint16  // 8: float16
	dst   *float32 // 16
	n     int      // 24: blocks of (32, 16) codes, each column of which has a scale; or rows of 16 codes, of which each has one
}

// widenColumns has scale be (n, 16), of the columns of codes (n, 32, 16).
func widenColumns(a *widenArgs) {
	scales := unsafe.Slice(a.scale, a.n*Group)
	dst := unsafe.Slice(a.dst, a.n*codeBytes)
	for i, c := range unsafe.Slice(a.codes, a.n*codeBytes) {
		dst[i] = float32(c) * quant.F16ToF32(scales[i/codeBytes*Group+i%Group])
	}
}

// widenRows has scale be (n), of the rows of codes (n, 16).
func widenRows(a *widenArgs) {
	scales := unsafe.Slice(a.scale, a.n)
	dst := unsafe.Slice(a.dst, a.n*Group)
	for i, c := range unsafe.Slice(a.codes, a.n*Group) {
		dst[i] = float32(c) * quant.F16ToF32(scales[i/Group])
	}
}

// floatKind is the kind of the products that read x: codes are made floats first.
func (x *KV) floatKind() Kind {
	if x.kind == Q8_0 {
		return F32
	}
	return x.kind
}

// keys has a read n groups of a head's keys.
func (x *KV) keys(s *Set, w *Worker, a *floatArgs, head, group, n int) {
	at := (head*x.slots + group*Group) * x.dim
	a.n, a.groups = x.dim, n
	if x.kind != Q8_0 {
		a.w, a.step = unsafe.Pointer(&x.k[at*x.size()]), uintptr(x.dim*Group*x.size())
		return
	}
	w.wide = growAligned(w.wide, n*Group*x.dim)
	w.widen = widenArgs{(*int8)(unsafe.Pointer(&x.k[at])), &x.kScale[at/blockElems], &w.wide[0], n * x.dim / blockElems}
	s.widenColumns(&w.widen)
	a.w, a.step = unsafe.Pointer(&w.wide[0]), uintptr(4*Group*x.dim)
}

// values has a read a run of a head's values.
func (x *KV) values(s *Set, w *Worker, a *floatArgs, head int, r run) {
	a.n, a.groups = r.count, x.dim/Group
	if x.kind != Q8_0 {
		at := x.valueAt(head, 0, r.slot) * x.size()
		a.w, a.step = unsafe.Pointer(&x.v[at]), uintptr(x.slots*Group*x.size())
		return
	}
	w.wide = growAligned(w.wide, r.count*x.dim)
	for g := range a.groups {
		c := head*x.dim + g*Group
		w.widen = widenArgs{
			(*int8)(unsafe.Pointer(&x.v[x.valueAt(0, c, r.slot)])), &x.vScale[c/blockElems*x.slots+r.slot],
			&w.wide[g*r.count*Group], r.count,
		}
		s.widenRows(&w.widen)
	}
	a.w, a.step = unsafe.Pointer(&w.wide[0]), uintptr(4*Group*r.count)
}
