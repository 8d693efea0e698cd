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
	piece := a.wide[:]
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

// quantized is a row of activations: what a Vec has of it.
type quantized struct {
	q    []byte
	d, s []float32
	h    []int16
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

// sumHalf is the exact sum of the products of half a block.
func sumHalf(w, q []byte) int32 {
	v, u := (*[blockElems / 2]byte)(w), (*[blockElems / 2]byte)(q)
	var a, b int32
	for i := range blockElems / 4 {
		a += int32(int8(v[i])) * int32(int8(u[i]))
		b += int32(int8(v[i+8])) * int32(int8(u[i+8]))
	}
	return a + b
}

// The terms that 32 columns add to the two running sums of a dot, by what the kind
// has. The integers are below 2^24: converting them is exact.

func (u *unpacked) scaled(b int, x *quantized, i int) (float32, float32) {
	ints := sumBytes(u.codes[blockElems*b:], x.q[blockElems*i:])
	return float32(u.scale[b]*x.d[i]) * float32(ints), 0
}

func (u *unpacked) scaledWithOffset(b int, x *quantized, i int) (float32, float32) {
	sum, _ := u.scaled(b, x, i)
	return sum, u.offset[b] * x.s[i]
}

func (u *unpacked) subScaled(b int, x *quantized, i int) (float32, float32) {
	const half = blockElems / 2
	low := sumHalf(u.codes[blockElems*b:], x.q[blockElems*i:])
	high := sumHalf(u.codes[blockElems*b+half:], x.q[blockElems*i+half:])
	ints := u.sub[2*b]*low + u.sub[2*b+1]*high
	return float32(u.scale[b]*x.d[i]) * float32(ints), 0
}

func (u *unpacked) subScaledWithMins(b int, x *quantized, i int) (float32, float32) {
	sum, _ := u.subScaled(b, x, i)
	ints := u.min[2*b]*int32(x.h[2*i]) + u.min[2*b+1]*int32(x.h[2*i+1])
	return sum, float32(u.offset[b]*x.d[i]) * float32(ints)
}

// eachUnpacked is the dot of the kinds whose storage blocks are unpacked first.
func (a *dotArgs) eachUnpacked(
	k Kind, unpack func(u *unpacked, w []byte), term func(u *unpacked, b int, x *quantized, i int) (float32, float32),
) {
	x, u := &a.acts, &a.piece
	x.q, x.d, _ = a.activations()
	x.s, x.h = unsafe.Slice(a.s, len(x.d)), unsafe.Slice(a.h, 2*len(x.d))
	blocks, bytes := layouts[k].elems/blockElems, layouts[k].bytes
	a.each(k, func(w []byte) float32 {
		var sum, offset float32
		for i := 0; i < len(x.d); i += blocks {
			unpack(u, w)
			w = w[bytes:]
			for b := range blocks {
				addend, more := term(u, b, x, i+b)
				sum += addend
				offset += more
			}
		}
		return sum + offset
	})
}

func dotQ5_0(a *dotArgs)   { a.eachUnpacked(Q5_0, unpackQ5_0, (*unpacked).scaled) }
func dotQ5_1(a *dotArgs)   { a.eachUnpacked(Q5_1, unpackQ5_1, (*unpacked).scaledWithOffset) }
func dotQ2_K(a *dotArgs)   { a.eachUnpacked(Q2_K, unpackQ2_K, (*unpacked).subScaledWithMins) }
func dotQ3_K(a *dotArgs)   { a.eachUnpacked(Q3_K, unpackQ3_K, (*unpacked).subScaled) }
func dotQ4_K(a *dotArgs)   { a.eachUnpacked(Q4_K, unpackQ4_K, (*unpacked).scaledWithOffset) }
func dotQ5_K(a *dotArgs)   { a.eachUnpacked(Q5_K, unpackQ5_K, (*unpacked).scaledWithOffset) }
func dotQ6_K(a *dotArgs)   { a.eachUnpacked(Q6_K, unpackQ6_K, (*unpacked).subScaled) }
func dotIQ4_NL(a *dotArgs) { a.eachUnpacked(IQ4_NL, unpackIQ4_NL, (*unpacked).scaled) }
func dotIQ4_XS(a *dotArgs) { a.eachUnpacked(IQ4_XS, unpackIQ4_XS, (*unpacked).scaled) }
func dotMXFP4(a *dotArgs)  { a.eachUnpacked(MXFP4, unpackMXFP4, (*unpacked).scaled) }
