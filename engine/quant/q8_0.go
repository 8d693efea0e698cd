package quant

import (
	"encoding/binary"
	"math"
)

// Q8_0 is blocks of 32: a float16 scale, then 32 signed bytes. Element j is scale * q[j].

func quantizeQ8_0(dst []byte, src []float32) {
	for ; len(src) >= 32; src, dst = src[32:], dst[34:] {
		quantizeBlockQ8_0((*[34]byte)(dst), (*[32]float32)(src))
	}
}

func quantizeBlockQ8_0(dst *[34]byte, src *[32]float32) {
	amax := float32(0)
	for _, v := range src {
		if a := abs(v); !(amax > a) { // a NaN replaces, and is replaced, as in the reference
			amax = a
		}
	}
	d := amax / 127
	inverse := reciprocal(d)
	binary.LittleEndian.PutUint16(dst[:], F32ToF16(d))
	for j, v := range src {
		dst[2+j] = uint8(toInt8(roundable(v * inverse)))
	}
}

func dequantizeQ8_0(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[34:] {
		y, b := (*[32]float32)(dst), (*[34]byte)(src)
		d := F16ToF32(binary.LittleEndian.Uint16(b[:]))
		for j := range y {
			y[j] = float32(int8(b[2+j])) * d
		}
	}
}

// roundable moves f away from zero by the largest float32 below a half, so that
// truncation then rounds to nearest with halves away from zero, as C's roundf. The conversion
// keeps a caller's product from being fused with the sum.
func roundable(f float32) float32 {
	const justBelowHalf = 0x3effffff
	return float32(f) + math.Float32frombits(math.Float32bits(f)&(1<<31)|justBelowHalf)
}
