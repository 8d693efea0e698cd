package quant

import (
	"encoding/binary"
	"math"
)

// F16 is IEEE 754 binary16, little-endian.

func quantizeF16(dst []byte, src []float32) {
	for i, v := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], F32ToF16(v))
	}
}

func dequantizeF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = F16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

// F16ToF32 is exact; NaNs keep their payload and become quiet.
func F16ToF32(h uint16) float32 {
	if e := h & 0x7c00; e == 0 || e == 0x7c00 {
		return f16Special(h)
	}
	// Exponents move from bias 15 to 127.
	return math.Float32frombits(uint32(h&0x8000)<<16 | (uint32(h&0x7fff)<<13 + 112<<23))
}

// f16Special converts zeros, denormals, infinities and NaNs.
func f16Special(h uint16) float32 {
	sign, mantissa := uint32(h&0x8000)<<16, uint32(h&0x3ff)
	switch {
	case h&0x7c00 == 0:
		// Below 0.5's last place: 0.5 + mantissa*2^-24 has the mantissa in its low bits.
		v := math.Float32frombits(126<<23|mantissa) - 0.5
		return math.Float32frombits(sign | math.Float32bits(v))
	case mantissa == 0:
		return math.Float32frombits(sign | 0x7f800000)
	}
	return math.Float32frombits(sign | 0x7fc00000 | mantissa<<13)
}

// F32ToF16 rounds to nearest, ties to even; what is too large becomes infinite, and
// every NaN the quiet one of its sign.
func F32ToF16(f float32) uint16 {
	b := math.Float32bits(f)
	sign, abs := uint16(b>>16)&0x8000, b&0x7fffffff
	switch {
	case abs > 0x7f800000:
		return sign | 0x7e00
	case abs >= 143<<23: // 65536 and up
		return sign | 0x7c00
	case abs < 113<<23: // below 2^-14, the smallest normal: adding 0.5 rounds to units of 2^-24
		return sign | uint16(math.Float32bits(math.Float32frombits(abs)+0.5)-126<<23)
	}
	abs += 0xfff + abs>>13&1
	return sign | uint16((abs-112<<23)>>13)
}
