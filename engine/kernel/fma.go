package kernel

import "math"

// fma32 is a x b + c, rounded once.
//
// The product is exact in float64, and the sum is rounded to 53 bits and then to 24. That
// differs from rounding once only where the first rounding ended half way between two
// float32 numbers, or where float32 has fewer bits, near zero: there the sum is first
// rounded to odd, which the second rounding cannot be misled by (Boldo and Melquiond 2008).
func fma32(a, b, c float32) float32 {
	const (
		below    = 1<<29 - 1 // bits of a float64 that a float32 lacks
		halfWay  = 1 << 28
		exponent = 0x7ff << 52
		smallest = (1023 - 126) << 52 // the exponent of the smallest normal float32
	)
	p := float64(a) * float64(b)
	s := p + float64(c)
	bits := math.Float64bits(s)
	if bits&below == halfWay || bits&exponent < smallest {
		s = toOdd(p, float64(c), s)
	}
	return float32(s)
}

// toOdd is p + c rounded to odd, s being the sum rounded to nearest: where that was not
// exact, the neighbour with an odd last bit on the side of the error (Knuth's TwoSum).
func toOdd(p, c, s float64) float64 {
	v := s - p
	e := (p - (s - v)) + (c - v)
	bits := math.Float64bits(s)
	if e == 0 || e != e || bits&1 == 1 {
		return s
	}
	if (e > 0) == (s > 0) {
		return math.Float64frombits(bits + 1)
	}
	return math.Float64frombits(bits - 1)
}
