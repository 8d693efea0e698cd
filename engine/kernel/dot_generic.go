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

func half(b []byte) float32 { return quant.F16ToF32(binary.LittleEndian.Uint16(b)) }

// sumBytes is the exact sum of a block's products.
func sumBytes(w, q []byte) int32 {
	v, u := (*[blockElems]byte)(w), (*[blockElems]byte)(q)
	var a, b, c, d int32 // four sums, so that additions overlap
	for i := range blockElems / 4 {
		a += int32(int8(v[i])) * int32(int8(u[i]))
		b += int32(int8(v[i+8])) * int32(int8(u[i+8]))
		c += int32(int8(v[i+16])) * int32(int8(u[i+16]))
		d += int32(int8(v[i+24])) * int32(int8(u[i+24]))
	}
	return a + b + c + d
}

// sumNibbles is the exact sum of a block's products, nibbles being 0..15: the low
// ones first.
func sumNibbles(w, q []byte) int32 {
	v, u := (*[blockElems / 2]byte)(w), (*[blockElems]byte)(q)
	var a, b, c, d int32
	for i := range blockElems / 4 {
		x, y := v[i], v[i+8]
		a += int32(x&15) * int32(int8(u[i]))
		b += int32(x>>4) * int32(int8(u[i+16]))
		c += int32(y&15) * int32(int8(u[i+8]))
		d += int32(y>>4) * int32(int8(u[i+24]))
	}
	return a + b + c + d
}

// activations are the blocks of q, their scales and t.
func (a *dotArgs) activations() (q []byte, d []float32, t []int32) {
	blocks := a.n / blockElems
	return unsafe.Slice((*byte)(unsafe.Pointer(a.q)), a.n), unsafe.Slice(a.d, blocks), unsafe.Slice(a.t, blocks)
}

// An integer kind's dot is a running sum of blocks, in order: the block's exact sum
// of integers times the product of both scales.

func dotQ8_0(a *dotArgs) {
	q, d, _ := a.activations()
	a.each(Q8_0, func(w []byte) float32 {
		var sum float32
		for b, scale := range d {
			block := w[34*b : 34*b+34]
			ints := sumBytes(block[2:], q[blockElems*b:])
			sum += float32(float32(half(block)*scale) * float32(ints))
		}
		return sum
	})
}

// dotQ4_0 counts nibbles from 8: t is minus the sum of q.
func dotQ4_0(a *dotArgs) {
	q, d, t := a.activations()
	a.each(Q4_0, func(w []byte) float32 {
		var sum float32
		for b, scale := range d {
			block := w[18*b : 18*b+18]
			ints := sumNibbles(block[2:], q[blockElems*b:]) + 8*t[b]
			sum += float32(float32(half(block)*scale) * float32(ints))
		}
		return sum
	})
}

// dotQ4_1 keeps the offsets' share, sum of m x s, in a second running sum.
func dotQ4_1(a *dotArgs) {
	q, d, _ := a.activations()
	s := unsafe.Slice(a.s, len(d))
	a.each(Q4_1, func(w []byte) float32 {
		var sum, offset float32
		for b, scale := range d {
			block := w[20*b : 20*b+20]
			ints := sumNibbles(block[4:], q[blockElems*b:])
			sum += float32(float32(half(block)*scale) * float32(ints))
			offset += float32(half(block[2:]) * s[b])
		}
		return sum + offset
	})
}
