package kernel

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/assaylab/assay/engine/quant"
)

func widenF32(src []byte) (dst [Group]float32) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
	return dst
}

func widenF16(src []byte) (dst [Group]float32) {
	for i := range dst {
		dst[i] = quant.F16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
	}
	return dst
}

func widenBF16(src []byte) (dst [Group]float32) {
	for i := range dst {
		dst[i] = quant.BF16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
	}
	return dst
}

func floatF32(a *floatArgs)  { a.each(1, 4, widenF32) }
func floatF16(a *floatArgs)  { a.each(1, 2, widenF16) }
func floatBF16(a *floatArgs) { a.each(1, 2, widenBF16) }

func float4F32(a *floatArgs)  { a.each(4, 4, widenF32) }
func float4F16(a *floatArgs)  { a.each(4, 2, widenF16) }
func float4BF16(a *floatArgs) { a.each(4, 2, widenBF16) }

// each runs the chains of up to 4 rows, widening each column's weights, of size bytes,
// once.
func (a *floatArgs) each(rows, size int, widen func(src []byte) [Group]float32) {
	for g := range uintptr(a.groups) {
		w := unsafe.Slice((*byte)(unsafe.Add(a.w, g*a.step)), a.n*Group*size)
		var sums [4][Group]float32
		for r := range rows * a.carry {
			sums[r] = *a.sums(g, r)
		}
		for k := range a.n {
			wide := widen(w[k*Group*size:])
			for r := range rows {
				x := *byBytes(a.x, uintptr(r)*a.xStep+4*uintptr(k))
				for i, v := range wide {
					sums[r][i] = fma32(v, x, sums[r][i])
				}
			}
		}
		for r := range rows {
			*a.sums(g, r) = sums[r]
		}
	}
}

// sums are a row's outputs of a group.
func (a *floatArgs) sums(group uintptr, row int) *[Group]float32 {
	return (*[Group]float32)(unsafe.Pointer(byBytes(a.to, group*a.toGroup+uintptr(row)*a.toStep)))
}
