package quant

import "encoding/binary"

// Q4_1 is blocks of 32: a float16 scale, a float16 minimum, then 16 bytes of two 4-bit
// numbers as in Q4_0. Element j is scale * q[j] + minimum.

func quantizeQ4_1(dst []byte, src []float32) {
	for ; len(src) >= 32; src, dst = src[32:], dst[20:] {
		quantizeBlockQ4_1((*[20]byte)(dst), (*[32]float32)(src))
	}
}

func quantizeBlockQ4_1(dst *[20]byte, src *[32]float32) {
	lowest, highest := span(src)
	d := (highest - lowest) / 15
	inverse := reciprocal(d)
	putHalves(dst[:], d, lowest)
	for j := range 16 {
		low := min(15, uint8(toInt8(float32((src[j]-lowest)*inverse)+0.5)))
		high := min(15, uint8(toInt8(float32((src[16+j]-lowest)*inverse)+0.5)))
		dst[4+j] = low | high<<4
	}
}

func quantizeWeightedQ4_1(dst []byte, src, importance []float32) {
	sigma2 := meanSquare(src)
	var w [32]float32
	var q [32]uint8
	for ; len(src) >= 32; src, importance, dst = src[32:], importance[32:], dst[20:] {
		weigh(w[:], src, importance, sigma2)
		d, offset := weightedAffine(15).fit(q[:], src[:32], w[:])
		putHalves(dst, d, -offset)
		packNibbles((*[16]byte)(dst[4:]), &q)
	}
}

func dequantizeQ4_1(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[20:] {
		y, b := (*[32]float32)(dst), (*[20]byte)(src)
		d := F16ToF32(binary.LittleEndian.Uint16(b[:]))
		m := F16ToF32(binary.LittleEndian.Uint16(b[2:]))
		for j, q := range b[4:] {
			y[j] = float32(float32(q&15)*d) + m
			y[16+j] = float32(float32(q>>4)*d) + m
		}
	}
}
