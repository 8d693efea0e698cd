package quant

import "encoding/binary"

// Q3_K is blocks of 256 in 16 groups: 32 bytes with the high bit of each number, bit i of
// byte j for element 32*i + j; 64 bytes of the low 2 bits (packPairs); 12 bytes of 6-bit
// scales (packSixBits); a float16 scale d. Element i of group j is
// d * (scale[j] - 32) * (q[i] - 4).
const bytesQ3_K = 110

func quantizeQ3_K(dst []byte, src []float32) {
	var g groups
	for ; len(src) >= superElems; src, dst = src[superElems:], dst[bytesQ3_K:] {
		for j := range 16 {
			g.scales[j] = fitDescent(g.q[16*j:][:16], src[16*j:][:16], 4)
		}
		var scales [16]uint8
		d := float32(0)
		if _, extreme := largest(g.scales[:]); extreme != 0 {
			inverse := -32 / extreme
			for j, v := range g.scales {
				scales[j] = uint8(32 + max(-32, min(31, int8(nearestInt(inverse*v)))))
			}
			d = 1 / inverse
		}
		storeQ3_K((*[bytesQ3_K]byte)(dst), src, &g, d, &scales)
	}
}

func quantizeWeightedQ3_K(dst []byte, src, importance []float32) {
	var g groups
	var w [16]float32
	var scales [16]uint8
	for ; len(src) >= superElems; src, importance, dst = src[superElems:], importance[superElems:], dst[bytesQ3_K:] {
		sigma2 := float32(2 * sumSquares(src[:superElems]) / superElems)
		for j := range 16 {
			weigh(w[:], src[16*j:], importance[16*j:], sigma2)
			g.weights[j] = sum(w[:])
			g.scales[j] = fitSymmetric(g.q[16*j:][:16], src[16*j:][:16], w[:], 4)
		}
		d := fitSymmetric(scales[:], g.scales[:], g.weights[:], 32)
		storeQ3_K((*[bytesQ3_K]byte)(dst), src, &g, d, &scales)
	}
}

func storeQ3_K(dst *[bytesQ3_K]byte, src []float32, g *groups, d float32, scales *[16]uint8) {
	binary.LittleEndian.PutUint16(dst[108:], F32ToF16(d))
	packSixBits((*[12]byte)(dst[96:]), scales)
	d = halfAt(dst[108:])
	for j, s := range scales {
		requantizeSymmetric(g.q[16*j:][:16], src[16*j:][:16], d*float32(int(s)-32), 4)
	}
	high := (*[32]byte)(dst[:])
	clear(high[:])
	for i, q := range g.q {
		high[i%32] |= q >> 2 << (i / 32)
	}
	packPairs((*[64]byte)(dst[32:]), &g.q)
}

func dequantizeQ3_K(dst []float32, src []byte) {
	var q [superElems]uint8
	for ; len(dst) >= superElems; dst, src = dst[superElems:], src[bytesQ3_K:] {
		d := halfAt(src[108:])
		scales := unpackSixBits((*[12]byte)(src[96:]))
		unpackPairs(&q, (*[64]byte)(src[32:]))
		for j, s := range scales {
			scale := d * float32(int(s)-32)
			y := (*[16]float32)(dst[16*j:])
			high := src[16*(j%2):][:16]
			for i, v := range q[16*j:][:16] {
				y[i] = scale * float32(int(v|high[i]>>(j/2)&1<<2)-4)
			}
		}
	}
}
