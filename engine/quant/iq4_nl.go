package quant

import "encoding/binary"

// IQ4_NL is blocks of 32: a float16 scale, then 16 bytes of two 4-bit numbers as in Q4_0.
// Element j is scale * nonlinear[q[j]].

func quantizeIQ4_NL(dst []byte, src []float32) {
	var w [32]float32
	for ; len(src) >= 32; src, dst = src[32:], dst[18:] {
		squares(w[:], src)
		storeIQ4_NL((*[18]byte)(dst), src[:32], fitNonlinear(src[:32], w[:]))
	}
}

func quantizeWeightedIQ4_NL(dst []byte, src, importance []float32) {
	var w [32]float32
	for ; len(src) >= 32; src, importance, dst = src[32:], importance[32:], dst[18:] {
		weigh(w[:], src, importance, float32(sumSquares(src[:32])*(2.0/32)))
		storeIQ4_NL((*[18]byte)(dst), src[:32], fitNonlinear(src[:32], w[:]))
	}
}

// The numbers are for the scale before it is rounded to a float16, as in the reference.
func storeIQ4_NL(dst *[18]byte, src []float32, scale float32) {
	var q [32]uint8
	roundNonlinear(q[:], src, scale)
	binary.LittleEndian.PutUint16(dst[:], F32ToF16(scale))
	packNibbles((*[16]byte)(dst[2:]), &q)
}

func dequantizeIQ4_NL(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[18:] {
		dequantizeNonlinear((*[32]float32)(dst), (*[16]byte)(src[2:]), halfAt(src))
	}
}

func dequantizeNonlinear(dst *[32]float32, q *[16]byte, scale float32) {
	for j, b := range q {
		dst[j], dst[16+j] = scale*nonlinear[b&15], scale*nonlinear[b>>4]
	}
}
