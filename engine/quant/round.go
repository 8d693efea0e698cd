package quant

import "math"

func abs(f float32) float32 { return math.Float32frombits(math.Float32bits(f) &^ (1 << 31)) }

// reciprocal is 1/d, and 0 for a block of zeros.
func reciprocal(d float32) float32 {
	if d == 0 {
		return 0
	}
	return 1 / d
}

// toInt8 truncates to 32 bits and keeps the lowest 8. What does not fit in 32 bits, and
// NaN, becomes 0. C leaves all but the range of int8 undefined; this is what the
// reference gives when compiled for amd64. It arises only in blocks with values that are
// not finite or whose scale has no finite reciprocal.
func toInt8(f float32) int8 {
	if f > -1<<31 && f < 1<<31 {
		return int8(int32(f))
	}
	return 0
}

// nearestInt rounds to nearest, ties to even, for magnitudes below 2^22: adding 1.5 * 2^23
// leaves the integer in the mantissa. Others wrap around, as in the reference.
// The conversion keeps a product that a caller passes from being fused with the sum.
func nearestInt(f float32) int32 {
	const magic = 3 << 22
	return int32(math.Float32bits(float32(f)+magic)&(1<<23-1)) - 1<<22
}
