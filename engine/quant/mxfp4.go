package quant

import "math"

// MXFP4 is blocks of 32 (OCP Microscaling Formats Specification 1.0, section 5.2): a byte with
// the power of two of the scale, E8M0 with bias 127, then 16 bytes of two FP4 E2M1 numbers,
// elements 0 to 15 in the low halves and 16 to 31 in the high ones. Element j is
// scale * fp4[q[j]] / 2. The specification's NaN, a scale of 255, is read as 2^128 / 2 times
// fp4, as in the reference.

// fp4 is twice the value of each E2M1 number (section 5.3.3): sign, two bits of exponent with
// bias 1, one of mantissa.
var fp4 = [16]float32{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}

func quantizeMXFP4(dst []byte, src []float32) {
	for ; len(src) >= 32; src, dst = src[32:], dst[17:] {
		x, b := (*[32]float32)(src), (*[17]byte)(dst)
		magnitude, _ := largest(x[:])
		b[0] = exponentMXFP4(magnitude)
		half := halfScaleMXFP4(b[0])
		for j := range 16 {
			b[1+j] = nearestFP4(x[j], half) | nearestFP4(x[16+j], half)<<4
		}
	}
}

// exponentMXFP4 puts the largest magnitude between 4 and 8 times the scale, fp4 reaching 6.
// The logarithm is rounded to a float32 first, so that what is barely below a power of two
// may count as that. What is too small for the scale wraps around, as in the reference; all
// numbers of such a block are 0.
func exponentMXFP4(magnitude float32) uint8 {
	if !(magnitude > 0) {
		return 0
	}
	log := float32(math.Log2(float64(magnitude)))
	return uint8(toInt8(float32(math.Floor(float64(log))) - 2 + 127))
}

// halfScaleMXFP4 is 2^(e-128).
func halfScaleMXFP4(e uint8) float32 {
	if e < 2 {
		return math.Float32frombits(0x200000 << e)
	}
	return math.Float32frombits(uint32(e-1) << 23)
}

// nearestFP4 is the index of the closest number, the first of them at ties.
func nearestFP4(v, half float32) uint8 {
	best, bestError := 0, abs(float32(fp4[0]*half)-v)
	for i := 1; i < 16; i++ {
		if e := abs(float32(fp4[i]*half) - v); e < bestError {
			best, bestError = i, e
		}
	}
	return uint8(best)
}

func dequantizeMXFP4(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[17:] {
		y, half := (*[32]float32)(dst), halfScaleMXFP4(src[0])
		for j, b := range src[1:17] {
			y[j], y[16+j] = fp4[b&15]*half, fp4[b>>4]*half
		}
	}
}
