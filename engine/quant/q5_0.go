package quant

import "encoding/binary"

// Q5_0 is blocks of 32: a float16 scale, 4 bytes with the fifth bit of each element, bit j
// of element j, then 16 bytes of low halves as in Q4_0. Element j is scale * (q[j] - 16).

// The value of largest magnitude maps to -16 exactly, so the scale has the opposite sign.
func quantizeQ5_0(dst []byte, src []float32) {
	for ; len(src) >= 32; src, dst = src[32:], dst[22:] {
		quantizeBlockQ5_0((*[22]byte)(dst), (*[32]float32)(src))
	}
}

func quantizeBlockQ5_0(dst *[22]byte, src *[32]float32) {
	_, extreme := largest(src[:])
	d := extreme / -16
	inverse := reciprocal(d)
	var q [32]uint8
	for j, v := range src {
		q[j] = min(31, uint8(toInt8(float32(v*inverse)+16.5)))
	}
	binary.LittleEndian.PutUint16(dst[:], F32ToF16(d))
	packFiveBits((*[20]byte)(dst[2:]), &q)
}

func quantizeWeightedQ5_0(dst []byte, src, importance []float32) {
	sigma2 := meanSquare(src)
	var w [32]float32
	var q [32]uint8
	for ; len(src) >= 32; src, importance, dst = src[32:], importance[32:], dst[22:] {
		weigh(w[:], src, importance, sigma2)
		d := fitSymmetric(q[:], src[:32], w[:], 16)
		binary.LittleEndian.PutUint16(dst, F32ToF16(d))
		packFiveBits((*[20]byte)(dst[2:]), &q)
	}
}

func dequantizeQ5_0(dst []float32, src []byte) {
	var q [32]uint8
	for ; len(dst) >= 32; dst, src = dst[32:], src[22:] {
		unpackFiveBits(&q, (*[20]byte)(src[2:]))
		d := F16ToF32(binary.LittleEndian.Uint16(src))
		y := (*[32]float32)(dst)
		for j, v := range q {
			y[j] = float32(int(v)-16) * d
		}
	}
}
