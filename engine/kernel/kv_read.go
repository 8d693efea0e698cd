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

// widenColumns4 is widenColumns of codes in four bits, 8 more than they mean, (n, 16, 16): those
// 16 columns apart in one byte.
func widenColumns4(a *widenArgs) {
	scales := unsafe.Slice(a.scale, a.n*Group)
	dst := unsafe.Slice(a.dst, a.n*codeBytes)
	for i, c := range unsafe.Slice((*uint8)(unsafe.Pointer(a.codes)), a.n*codeBytes/2) {
		block, at := i/(codeBytes/2), i%(codeBytes/2)
		d := quant.F16ToF32(scales[block*Group+at%Group])
		dst[block*codeBytes+at] = float32(int(c&15)-8) * d
		dst[block*codeBytes+codeBytes/2+at] = float32(int(c>>4)-8) * d
	}
}

// widenRows4 is widenRows of such codes, (n, 8): those 8 apart in one byte.
func widenRows4(a *widenArgs) {
	scales := unsafe.Slice(a.scale, a.n)
	dst := unsafe.Slice(a.dst, a.n*Group)
	for i, c := range unsafe.Slice((*uint8)(unsafe.Pointer(a.codes)), a.n*Group/2) {
		row, at := i/(Group/2), i%(Group/2)
		d := quant.F16ToF32(scales[row])
		dst[row*Group+at] = float32(int(c&15)-8) * d
		dst[row*Group+Group/2+at] = float32(int(c>>4)-8) * d
	}
}

// keys has a read n groups of a head's keys, with the chains that are returned. Codes are made
// floats first.
func (x *KV) keys(s *Set, w *Worker, a *floatArgs, head, group, n int) []floatKernel {
	at, kind := (head*x.slots+group*Group)*x.dim, x.format.K
	a.n, a.groups = x.dim, n
	if !kind.Integer() {
		a.w, a.step = unsafe.Pointer(&x.k[elemBytes(kind, at)]), uintptr(elemBytes(kind, x.dim*Group))
		return x.chains(s, kind)
	}
	w.wide = growAligned(w.wide, n*Group*x.dim)
	a.w, a.step = unsafe.Pointer(&w.wide[0]), uintptr(4*Group*x.dim)
	if x.format.PerChannel {
		x.widenChannels(s, w, head, group, n)
		return s.float[F32]
	}
	w.widen = widenArgs{(*int8)(unsafe.Pointer(&x.k[elemBytes(kind, at)])), &x.kScale[at/blockElems], &w.wide[0], n * x.dim / blockElems}
	if kind == Q4_0 {
		s.widenColumns4(&w.widen)
	} else {
		s.widenColumns(&w.widen)
	}
	return s.float[F32]
}

// chains are those that read what is no codes.
func (x *KV) chains(s *Set, kind Kind) []floatKernel {
	if x.paired {
		return s.tiles.chains
	}
	return s.float[kind]
}

// values has a read a run of a head's values, likewise.
func (x *KV) values(s *Set, w *Worker, a *floatArgs, head int, r run) []floatKernel {
	kind := x.format.V
	a.n, a.groups = r.count, x.dim/Group
	if !kind.Integer() && !(x.paired && r.slot%2 != 0) {
		at := elemBytes(kind, x.valueAt(head, 0, r.slot))
		a.w, a.step = unsafe.Pointer(&x.v[at]), uintptr(elemBytes(kind, x.slots*Group))
		return x.chains(s, kind)
	}
	w.wide = growAligned(w.wide, r.count*x.dim)
	a.w, a.step = unsafe.Pointer(&w.wide[0]), uintptr(4*Group*r.count)
	if x.paired {
		x.widenPairs(w.wide, head, r)
		return s.float[F32]
	}
	widen := s.widenRows
	if kind == Q4_0 {
		widen = s.widenRows4
	}
	for g := range a.groups {
		c := head*x.dim + g*Group
		w.widen = widenArgs{
			(*int8)(unsafe.Pointer(&x.v[elemBytes(kind, x.valueAt(0, c, r.slot))])), &x.vScale[c/blockElems*x.slots+r.slot],
			&w.wide[g*r.count*Group], r.count,
		}
		widen(&w.widen)
	}
	return s.float[F32]
}

// widenPairs makes the values of a run that begins within a pair floats: (dim/16, count, 16).
func (x *KV) widenPairs(to []float32, head int, r run) {
	all := view[uint16](x.v)
	for g := range x.dim / Group {
		for i := range r.count {
			from := all[x.pairedValueAt(head, g*Group, r.slot+i)+(r.slot+i)%2:]
			for c := range Group {
				to[(g*r.count+i)*Group+c] = quant.BF16ToF32(from[2*c])
			}
		}
	}
}
