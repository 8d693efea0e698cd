package kernel

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/assaylab/assay/engine/quant"
)

// nonlinear are the values of the codes of IQ4_NL and IQ4_XS.
var nonlinear = [16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// microfloat are twice the values of the four-bit floats (1 sign, 2 exponent and 1
// mantissa bit) of MXFP4 (OCP Microscaling Formats, 2023).
var microfloat = [16]int8{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}

// Codes are taken eight at a time, a byte of a uint64 each. each times a number is
// that number in all bytes.
const each = 0x0101010101010101

func eight(w []byte) uint64 { return binary.LittleEndian.Uint64(w) }

func putEight(codes []byte, v uint64) { binary.LittleEndian.PutUint64(codes, v) }

// less subtracts n, at most 128, from all bytes of v, which are below n+128.
func less(v, n uint64) uint64 { return (v + (128-n)*each) ^ 128*each }

func half(b []byte) float32 { return quant.F16ToF32(binary.LittleEndian.Uint16(b)) }

// quadBytes is the size of a quad of a group: four columns of 16 rows.
const quadBytes = 4 * Group

// blocks unpacks the codes of all blocks, each of size bytes.
func (a *expandArgs) blocks(size int, unpack func(dst, codes []byte)) {
	dst, codes := unsafe.Slice((*byte)(unsafe.Pointer(a.dst)), a.n*codeBytes), unsafe.Slice((*byte)(a.codes), a.n*size)
	for b := range a.n {
		unpack(dst[b*codeBytes:(b+1)*codeBytes], codes[b*size:(b+1)*size])
	}
}

// nibbles unpacks four-bit codes and subtracts n.
func nibbles(dst, codes []byte, n uint64) {
	for p := 0; p < 4*quadBytes; p += 8 {
		v := eight(codes[p:])
		putEight(dst[p:], less(v&(15*each), n))
		putEight(dst[p+4*quadBytes:], less(v>>4&(15*each), n))
	}
}

// fiveBits unpacks nibbles and, behind them, the fifth bits of all quads, and subtracts n.
func fiveBits(dst, codes []byte, n uint64) {
	for p := 0; p < 4*quadBytes; p += 8 {
		v, fifth := eight(codes[p:]), eight(codes[4*quadBytes+p%quadBytes:])>>(p/quadBytes)
		putEight(dst[p:], less(v&(15*each)|fifth&each<<4, n))
		putEight(dst[p+4*quadBytes:], less(v>>4&(15*each)|fifth>>4&each<<4, n))
	}
}

// sixBits unpacks nibbles and, behind them, pairs of high bits, and subtracts 32.
func sixBits(dst, codes []byte) {
	for p := 0; p < 4*quadBytes; p += 8 {
		shift, at := 2*(p/quadBytes), 4*quadBytes+p%quadBytes
		v, low, high := eight(codes[p:]), eight(codes[at:])>>shift, eight(codes[at+quadBytes:])>>shift
		putEight(dst[p:], less(v&(15*each)|low&(3*each)<<4, 32))
		putEight(dst[p+4*quadBytes:], less(v>>4&(15*each)|high&(3*each)<<4, 32))
	}
}

// twoBits unpacks pairs of bits.
func twoBits(dst, codes []byte) {
	for p := 0; p < 8*quadBytes; p += 8 {
		quad := p / quadBytes
		putEight(dst[p:], eight(codes[quad/4*quadBytes+p%quadBytes:])>>(quad%4*2)&(3*each))
	}
}

// threeBits unpacks pairs of bits and, behind them, the third bits of all quads, and
// subtracts 4.
func threeBits(dst, codes []byte) {
	twoBits(dst, codes)
	for p := 0; p < 8*quadBytes; p += 8 {
		third := eight(codes[2*quadBytes+p%quadBytes:]) >> (p / quadBytes) & each
		putEight(dst[p:], less(eight(dst[p:])|third<<2, 4))
	}
}

// lookUp translates nibbles.
func lookUp(dst, codes []byte, table *[16]int8) {
	for p, v := range codes[:4*quadBytes] {
		dst[p], dst[p+4*quadBytes] = byte(table[v&15]), byte(table[v>>4])
	}
}

func (a *expandArgs) numberBytes(size int) []byte { return unsafe.Slice((*byte)(a.numbers), size) }

func floats(p *float32, n int) []float32 { return unsafe.Slice(p, n) }

// halves converts the scales, which are step bytes apart, from byte at on.
func (a *expandArgs) halves(dst *float32, at, step int) {
	n, to := a.numberBytes(a.n*step), floats(dst, a.n*Group)
	for i := range to {
		to[i] = half(n[i/Group*step+at+i%Group*2:])
	}
}

func expandQ8_0(a *expandArgs) { a.halves(a.scale, 0, 32) }

func expandQ4_0(a *expandArgs) {
	a.halves(a.scale, 0, 32)
	a.blocks(256, func(dst, codes []byte) { nibbles(dst, codes, 8) })
}

func expandQ4_1(a *expandArgs) {
	a.halves(a.scale, 0, 64)
	a.halves(a.more, 32, 64)
	a.blocks(256, func(dst, codes []byte) { nibbles(dst, codes, 0) })
}

func expandQ5_0(a *expandArgs) {
	a.halves(a.scale, 0, 32)
	a.blocks(320, func(dst, codes []byte) { fiveBits(dst, codes, 16) })
}

func expandQ5_1(a *expandArgs) {
	a.halves(a.scale, 0, 64)
	a.halves(a.more, 32, 64)
	a.blocks(320, func(dst, codes []byte) { fiveBits(dst, codes, 0) })
}

func expandIQ4_NL(a *expandArgs) {
	a.halves(a.scale, 0, 32)
	a.blocks(256, func(dst, codes []byte) { lookUp(dst, codes, &nonlinear) })
}

// power is half the power of two that an exponent byte stands for.
func power(e byte) float32 {
	if e > 1 {
		return math.Float32frombits(uint32(e-1) << 23)
	}
	return math.Float32frombits(1 << 21 << e)
}

// expandMXFP4 takes half the scales, microfloat being doubled.
func expandMXFP4(a *expandArgs) {
	scale := floats(a.scale, a.n*Group)
	for i, e := range a.numberBytes(len(scale)) {
		scale[i] = power(e)
	}
	a.blocks(256, func(dst, codes []byte) { lookUp(dst, codes, &microfloat) })
}

// perBlock calls f for each number of each block of a kind of super-blocks, whose
// numbers are size bytes: with those of the super-block, the number's row and its block,
// b in the super-block and at rows of 16 floats on in what is written.
func (a *expandArgs) perBlock(size int, f func(numbers []byte, row, b, at int)) {
	const blocks = superElems / blockElems
	all := a.numberBytes(a.n / blocks * size)
	for at := range a.n {
		numbers := all[at/blocks*size:][:size]
		for row := range Group {
			f(numbers, row, at%blocks, at)
		}
	}
}

// scalesAndOffsets are those of Q4_K and Q5_K; the products are exact.
func (a *expandArgs) scalesAndOffsets() {
	scale, offset := floats(a.scale, a.n*Group), floats(a.more, a.n*Group)
	a.perBlock(layouts[Q4_K].numbers, func(n []byte, row, b, at int) {
		sub := n[64+32*b:]
		scale[at*Group+row] = half(n[2*row:]) * float32(sub[row])
		offset[at*Group+row] = -(half(n[32+2*row:]) * float32(sub[16+row]))
	})
}

func expandQ4_K(a *expandArgs) {
	a.scalesAndOffsets()
	a.blocks(256, func(dst, codes []byte) { nibbles(dst, codes, 0) })
}

func expandQ5_K(a *expandArgs) {
	a.scalesAndOffsets()
	a.blocks(320, func(dst, codes []byte) { fiveBits(dst, codes, 0) })
}

func expandIQ4_XS(a *expandArgs) {
	scale := floats(a.scale, a.n*Group)
	a.perBlock(layouts[IQ4_XS].numbers, func(n []byte, row, b, at int) {
		scale[at*Group+row] = half(n[2*row:]) * float32(int8(n[32+16*b+row]))
	})
	a.blocks(256, func(dst, codes []byte) { lookUp(dst, codes, &nonlinear) })
}

// scalesAndSubScales are those of Q3_K and Q6_K.
func (a *expandArgs) scalesAndSubScales() {
	scale, sub := floats(a.scale, a.n*Group), floats(a.more, 2*a.n*Group)
	a.perBlock(layouts[Q6_K].numbers, func(n []byte, row, b, at int) {
		s := n[32+32*b:]
		scale[at*Group+row] = half(n[2*row:])
		sub[2*at*Group+row], sub[(2*at+1)*Group+row] = float32(int8(s[row])), float32(int8(s[16+row]))
	})
}

func expandQ6_K(a *expandArgs) {
	a.scalesAndSubScales()
	a.blocks(384, sixBits)
}

func expandQ3_K(a *expandArgs) {
	a.scalesAndSubScales()
	a.blocks(192, threeBits)
}

func expandQ2_K(a *expandArgs) {
	scale, minScale := floats(a.scale, a.n*Group), floats(a.minScale, a.n*Group)
	sub, mins := floats(a.more, 2*a.n*Group), floats(a.min, 2*a.n*Group)
	a.perBlock(layouts[Q2_K].numbers, func(n []byte, row, b, at int) {
		s, i := n[64+32*b:], 2*at*Group+row
		scale[at*Group+row], minScale[at*Group+row] = half(n[2*row:]), half(n[32+2*row:])
		sub[i], sub[i+Group] = float32(s[row]&15), float32(s[16+row]&15)
		mins[i], mins[i+Group] = float32(s[row]>>4), float32(s[16+row]>>4)
	})
	a.blocks(128, twoBits)
}
