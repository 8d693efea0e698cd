package quant

import "encoding/binary"

// Q5_1 is blocks of 32: a float16 scale, a float16 minimum, then fifth bits and low halves
// as in Q5_0. Element j is scale * q[j] + minimum.

func quantizeQ5_1(dst []byte, src []float32) {
	for ; len(src) >= 32; src, dst = src[32:], dst[24:] {
		quantizeBlockQ5_1((*[24]byte)(dst), (*[32]float32)(src))
	}
}

func quantizeBlockQ5_1(dst *[24]byte, src *[32]float32) {
	lowest, highest := span(src)
	d := (highest - lowest) / 31
	inverse := reciprocal(d)
	var q [32]uint8
	for j, v := range src {
		q[j] = uint8(toInt8(float32((v-lowest)*inverse) + 0.5))
	}
	putHalves(dst[:], d, lowest)
	packFiveBits((*[20]byte)(dst[4:]), &q)
}

func quantizeWeightedQ5_1(dst []byte, src, importance []float32) {
	sigma2 := meanSquare(src)
	var w [32]float32
	var q [32]uint8
	for ; len(src) >= 32; src, importance, dst = src[32:], importance[32:], dst[24:] {
		weigh(w[:], src, importance, sigma2)
		d, offset := weightedAffine(31).fit(q[:], src[:32], w[:])
		putHalves(dst, d, -offset)
		packFiveBits((*[20]byte)(dst[4:]), &q)
	}
}

func dequantizeQ5_1(dst []float32, src []byte) {
	var q [32]uint8
	for ; len(dst) >= 32; dst, src = dst[32:], src[24:] {
		unpackFiveBits(&q, (*[20]byte)(src[4:]))
		d := F16ToF32(binary.LittleEndian.Uint16(src))
		m := F16ToF32(binary.LittleEndian.Uint16(src[2:]))
		y := (*[32]float32)(dst)
		for j, v := range q {
			y[j] = float32(float32(v)*d) + m
		}
	}
}
