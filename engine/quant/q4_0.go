package quant

import "encoding/binary"

// Q4_0 is blocks of 32: a float16 scale, then 16 bytes of two 4-bit numbers, elements
// 0 to 15 in the low halves and 16 to 31 in the high ones. Element j is scale * (q[j] - 8).

// The value of largest magnitude maps to -8 exactly, so the scale has the opposite sign.
func quantizeQ4_0(dst []byte, src []float32) {
	for ; len(src) >= 32; src, dst = src[32:], dst[18:] {
		quantizeBlockQ4_0((*[18]byte)(dst), (*[32]float32)(src))
	}
}

func quantizeBlockQ4_0(dst *[18]byte, src *[32]float32) {
	_, extreme := largest(src[:])
	d := extreme / -8
	inverse := reciprocal(d)
	binary.LittleEndian.PutUint16(dst[:], F32ToF16(d))
	for j := range 16 {
		low := min(15, uint8(toInt8(float32(src[j]*inverse)+8.5)))
		high := min(15, uint8(toInt8(float32(src[16+j]*inverse)+8.5)))
		dst[2+j] = low | high<<4
	}
}

func quantizeWeightedQ4_0(dst []byte, src, importance []float32) {
	sigma2 := meanSquare(src)
	var w [32]float32
	var q [32]uint8
	for ; len(src) >= 32; src, importance, dst = src[32:], importance[32:], dst[18:] {
		weigh(w[:], src, importance, sigma2)
		d := fitSymmetric(q[:], src[:32], w[:], 8)
		binary.LittleEndian.PutUint16(dst, F32ToF16(d))
		packNibbles((*[16]byte)(dst[2:]), &q)
	}
}

func dequantizeQ4_0(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[18:] {
		y, b := (*[32]float32)(dst), (*[18]byte)(src)
		d := F16ToF32(binary.LittleEndian.Uint16(b[:]))
		for j, q := range b[2:] {
			y[j] = float32(int(q&15)-8) * d
			y[16+j] = float32(int(q>>4)-8) * d
		}
	}
}
