package kernel

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/assaylab/assay/engine/quant"
)

func (a *sumArgs) each(k Kind, add func(dst []float32, row []byte, p float32)) {
	dst, p := unsafe.Slice(a.dst, a.n), unsafe.Slice(a.p, a.rows)
	for j, w := range p {
		row := unsafe.Slice((*byte)(unsafe.Add(a.v, uintptr(j)*a.stride)), k.RowBytes(a.n))
		add(dst, row, w)
	}
}

func sumF32(a *sumArgs) {
	a.each(F32, func(dst []float32, row []byte, p float32) {
		for i := range dst {
			dst[i] += float32(p * math.Float32frombits(binary.LittleEndian.Uint32(row[4*i:])))
		}
	})
}

func sumBF16(a *sumArgs) {
	a.each(BF16, func(dst []float32, row []byte, p float32) {
		for i := range dst {
			dst[i] += float32(p * quant.BF16ToF32(binary.LittleEndian.Uint16(row[2*i:])))
		}
	})
}

func sumQ8_0(a *sumArgs) {
	a.each(Q8_0, func(dst []float32, row []byte, p float32) {
		for b := range len(dst) / blockElems {
			block := row[34*b : 34*b+34]
			scale := float32(p * half(block))
			out := dst[blockElems*b : blockElems*b+blockElems]
			for i, c := range block[2:] {
				out[i] += float32(scale * float32(int8(c)))
			}
		}
	})
}
