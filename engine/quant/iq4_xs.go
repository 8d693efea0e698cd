package quant

import "encoding/binary"

// IQ4_XS is blocks of 256 in 8 groups: a float16 scale d; 16 bits with the high 2 bits of the
// groups' scales, 4 bytes of their low 4 bits, two to a byte; 16 bytes for each group as in
// IQ4_NL. Element i of group j is d * (scale[j] - 32) * nonlinear[q[i]].
const bytesIQ4_XS = 136

func quantizeIQ4_XS(dst []byte, src []float32) {
	var w [32]float32
	var scales [8]float32
	for ; len(src) >= superElems; src, dst = src[superElems:], dst[bytesIQ4_XS:] {
		for j := range scales {
			squares(w[:], src[32*j:])
			scales[j] = fitNonlinear(src[32*j:][:32], w[:])
		}
		storeIQ4_XS((*[bytesIQ4_XS]byte)(dst), src, &scales)
	}
}

func quantizeWeightedIQ4_XS(dst []byte, src, importance []float32) {
	var w [32]float32
	var scales [8]float32
	for ; len(src) >= superElems; src, importance, dst = src[superElems:], importance[superElems:], dst[bytesIQ4_XS:] {
		sigma2 := float32(sumSquares(src[:superElems]) * (2.0 / superElems))
		for j := range scales {
			weigh(w[:], src[32*j:], importance[32*j:], sigma2)
			scales[j] = fitNonlinear(src[32*j:][:32], w[:])
		}
		storeIQ4_XS((*[bytesIQ4_XS]byte)(dst), src, &scales)
	}
}

// The scales and numbers are for d before it is rounded to a float16, as in the reference.
func storeIQ4_XS(dst *[bytesIQ4_XS]byte, src []float32, scales *[8]float32) {
	_, extreme := largest(scales[:])
	d := -extreme / 32
	inverse := reciprocal(d)
	binary.LittleEndian.PutUint16(dst[:], F32ToF16(d))
	clear(dst[4:8])
	high := uint16(0)
	var q [32]uint8
	for j, v := range scales {
		l := max(-32, min(31, nearestInt(inverse*v)))
		roundNonlinear(q[:], src[32*j:][:32], d*float32(l))
		packNibbles((*[16]byte)(dst[8+16*j:]), &q)
		stored := uint8(l + 32)
		dst[4+j/2] |= stored & 15 << (j % 2 * 4)
		high |= uint16(stored>>4) << (2 * j)
	}
	binary.LittleEndian.PutUint16(dst[2:], high)
}

func dequantizeIQ4_XS(dst []float32, src []byte) {
	for ; len(dst) >= superElems; dst, src = dst[superElems:], src[bytesIQ4_XS:] {
		d, high := halfAt(src), binary.LittleEndian.Uint16(src[2:])
		for j := range 8 {
			stored := src[4+j/2]>>(j%2*4)&15 | uint8(high>>(2*j)&3)<<4
			scale := d * float32(int(stored)-32)
			dequantizeNonlinear((*[32]float32)(dst[32*j:]), (*[16]byte)(src[8+16*j:]), scale)
		}
	}
}
