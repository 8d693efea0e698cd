package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactFMA rounds the exact result once, by arbitrary precision.
func exactFMA(a, b, c float32) float32 {
	x := func(f float32) *big.Float { return new(big.Float).SetPrec(1000).SetFloat64(float64(f)) }
	s := new(big.Float).SetPrec(1000).Mul(x(a), x(b))
	f, _ := s.Add(s, x(c)).Float32()
	return f
}

func TestFMARoundsOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	float := func(low, high int) float32 {
		bits := uint32(r.IntN(2))<<31 | uint32(low+r.IntN(high-low))<<23 | uint32(r.IntN(1<<23))
		if r.IntN(2) == 0 {
			bits &^= 1<<uint(8+r.IntN(15)) - 1 // few bits: ties
		}
		return math.Float32frombits(bits)
	}
	for name, exponents := range map[string][2]int{"usual": {110, 140}, "denormal": {50, 75}, "all": {0, 255}} {
		for range 300000 {
			a, b := float(exponents[0], exponents[1]), float(exponents[0], exponents[1])
			c := float(exponents[0], exponents[1])
			if r.IntN(2) == 0 { // a sum close to the product, a half of its last bit, or far below
				c = float32(float64(a)*float64(b)) * float32(math.Ldexp(1, r.IntN(60)-30))
			}
			if name == "denormal" {
				c = math.Float32frombits(uint32(r.IntN(1 << 25)))
			}
			if math.IsInf(float64(c), 0) || math.IsNaN(float64(c)) {
				continue
			}
			if got, want := fma32(a, b, c), exactFMA(a, b, c); got != want {
				t.Fatalf("%s: fma(%x, %x, %x) = %x, want %x", name, a, b, c, got, want)
			}
		}
	}
}

func TestFMASpecialValues(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct{ a, b, c, want float32 }{
		{inf, 1, 1, inf}, {1, 1, -inf, -inf}, {math.MaxFloat32, 2, 0, inf}, {math.MaxFloat32, 2, -inf, -inf},
		{0x1p-149, 0x1p-149, 0x1p-149, 0x1p-149}, {1 + 0x1p-23, 1 + 0x1p-23, -1, 0x1p-22 + 0x1p-46},
		{1 + 0x1p-12, 1 - 0x1p-12, 0x1p-25, 1}, // 1 - 2^-24 + 2^-25: to even
	} {
		if got := fma32(c.a, c.b, c.c); got != c.want {
			t.Errorf("fma(%x, %x, %x) = %x, want %x", c.a, c.b, c.c, got, c.want)
		}
	}
	if got := fma32(inf, 0, 1); got == got {
		t.Errorf("inf x 0 + 1 = %g", got)
	}
}
