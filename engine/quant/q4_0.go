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
	var amax, extreme float32
	for _, v := range src {
		if a := abs(v); amax < a {
			amax, extreme = a, v
		}
	}
	d := extreme / -8
	inverse := reciprocal(d)
	binary.LittleEndian.PutUint16(dst[:], F32ToF16(d))
	for j := range 16 {
		low := min(15, uint8(toInt8(float32(src[j]*inverse)+8.5)))
		high := min(15, uint8(toInt8(float32(src[16+j]*inverse)+8.5)))
		dst[2+j] = low | high<<4
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
