package kernel

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/assaylab/assay/engine/quant"
)

// lanes are the eight partial sums of one dot product.
type lanes [8]float32

// fold adds the lanes in the order that halving a vector register gives.
func (l *lanes) fold() float32 {
	a, b := l[0]+l[4], l[1]+l[5]
	c, d := l[2]+l[6], l[3]+l[7]
	return (a + c) + (b + d)
}

func (a *dotArgs) row(r, bytes int) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(a.w, uintptr(r)*a.stride)), bytes)
}

func (a *dotArgs) each(k Kind, dot func(w []byte) float32) {
	out := unsafe.Slice(a.out, a.rows)
	for r := range out {
		out[r] = dot(a.row(r, k.RowBytes(a.n)))
	}
}

// addFloats adds one row of products, eight columns at a time.
func (l *lanes) addFloats(x, w []float32) {
	w = w[:len(x)]
	for len(x) >= len(l) {
		v, u := (*lanes)(x), (*lanes)(w)
		for i := range l {
			l[i] += float32(v[i] * u[i])
		}
		x, w = x[len(l):], w[len(l):]
	}
	for i, v := range x {
		l[i] += float32(v * w[i])
	}
}

// eachFloat widens every row to float32, in pieces that stay in the first cache, and
// dots it with the activations.
func (a *dotArgs) eachFloat(k Kind, widen func(dst []float32, src []byte)) {
	x := unsafe.Slice(a.x, a.n)
	var piece [256]float32
	a.each(k, func(w []byte) float32 {
		var l lanes
		for at := 0; at < len(x); at += len(piece) {
			n := min(len(piece), len(x)-at)
			widen(piece[:n], w[k.RowBytes(at):k.RowBytes(at+n)])
			l.addFloats(x[at:at+n], piece[:n])
		}
		return l.fold()
	})
}

func dotF32(a *dotArgs)  { a.eachFloat(F32, widenF32) }
func dotF16(a *dotArgs)  { a.eachFloat(F16, widenF16) }
func dotBF16(a *dotArgs) { a.eachFloat(BF16, widenBF16) }

func widenF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func widenF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = quant.F16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

func widenBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = quant.BF16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

// blockSum is the exact sum of one block's products.
func blockSum(w *[blockElems]int8, q []int8) float32 {
	q = q[:blockElems]
	sum := int32(0)
	for i, v := range w {
		sum += int32(v) * int32(q[i])
	}
	return float32(sum)
}

func half(b []byte) float32 { return quant.F16ToF32(binary.LittleEndian.Uint16(b)) }

// eachBlock dots every row as a running sum of blocks, in order: the block's exact
// sum of integers times the product of both scales.
func (a *dotArgs) eachBlock(k Kind, unpack func(block []byte) [blockElems]int8) {
	q, d := unsafe.Slice(a.q, a.n), unsafe.Slice(a.d, a.n/blockElems)
	size := layouts[k].bytes
	a.each(k, func(w []byte) float32 {
		var sum float32
		for b, scale := range d {
			block := w[size*b : size*b+size]
			v := unpack(block)
			sum += float32(float32(half(block)*scale) * blockSum(&v, q[blockElems*b:]))
		}
		return sum
	})
}

func dotQ8_0(a *dotArgs) {
	a.eachBlock(Q8_0, func(block []byte) (v [blockElems]int8) {
		for i, c := range block[2:] {
			v[i] = int8(c)
		}
		return v
	})
}

func dotQ4_0(a *dotArgs) {
	a.eachBlock(Q4_0, func(block []byte) (v [blockElems]int8) {
		for i, c := range block[2:] {
			v[i], v[i+16] = int8(c&15)-8, int8(c>>4)-8
		}
		return v
	})
}

// dotQ4_1 keeps the offsets' share, sum of m x s, in a second running sum.
func dotQ4_1(a *dotArgs) {
	a.eachBlock(Q4_1, func(block []byte) (v [blockElems]int8) {
		for i, c := range block[4:] {
			v[i], v[i+16] = int8(c&15), int8(c>>4)
		}
		return v
	})
	s, out := unsafe.Slice(a.s, a.n/blockElems), unsafe.Slice(a.out, a.rows)
	for r := range out {
		w := a.row(r, Q4_1.RowBytes(a.n))
		var offset float32
		for b, v := range s {
			offset += float32(half(w[20*b+2:]) * v)
		}
		out[r] += offset
	}
}
