package quant

import (
	"math"
	"testing"
)

// f16Value is the definition of binary16, in exact float64 arithmetic.
func f16Value(h uint16) float64 {
	sign, exponent, mantissa := 1.0, int(h>>10&31), float64(h&0x3ff)
	if h>>15 == 1 {
		sign = -1
	}
	switch {
	case exponent == 31 && mantissa != 0:
		return math.NaN()
	case exponent == 31:
		return math.Inf(int(sign))
	case exponent == 0:
		return math.Copysign(math.Ldexp(mantissa, -24), sign)
	}
	return sign * math.Ldexp(1024+mantissa, exponent-25)
}

func TestF16ToF32(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		got, want := float64(F16ToF32(h)), f16Value(h)
		if math.IsNaN(want) {
			if bits := math.Float32bits(F16ToF32(h)); bits != uint32(h&0x8000)<<16|0x7fc00000|uint32(h&0x3ff)<<13 {
				t.Errorf("NaN %#04x becomes %#08x", h, bits)
			}
			continue
		}
		if math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%#04x is %g, want %g", h, got, want)
		}
	}
}

// TestF32ToF16 walks all pairs of neighbours: each value, the middle between it and the
// next, and the float32 numbers on both sides of the middle.
func TestF32ToF16(t *testing.T) {
	check := func(f float32, want uint16) {
		t.Helper()
		if got := F32ToF16(f); got != want {
			t.Errorf("%g becomes %#04x, want %#04x", f, got, want)
		}
		if got := F32ToF16(-f); got != want|0x8000 {
			t.Errorf("%g becomes %#04x, want %#04x", -f, got, want|0x8000)
		}
	}
	for h := uint16(0); h < 0x7c00; h++ {
		value, next := f16Value(h), f16Value(h+1)
		if h == 0x7bff {
			next = 65536 // where the next would be if it were not infinite
		}
		middle := float32((value + next) / 2)
		check(float32(value), h)
		check(middle, h+h&1)
		check(math.Nextafter32(middle, 0), h)
		check(math.Nextafter32(middle, 1e6), h+1)
	}
	check(1e30, 0x7c00)
	check(float32(math.Inf(1)), 0x7c00)
	check(math.SmallestNonzeroFloat32, 0)
	check(math.Float32frombits(0x7f800001), 0x7e00)
}

func TestBF16(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		f := BF16ToF32(h)
		if bits := math.Float32bits(f); bits != uint32(h)<<16 {
			t.Fatalf("%#04x becomes %#08x", h, bits)
		}
		if f != f {
			if got := F32ToBF16(f); got != h|0x40 {
				t.Errorf("NaN %#04x becomes %#04x, want it quiet", h, got)
			}
			continue
		}
		bits := uint32(h) << 16
		for _, test := range []struct {
			low  uint32
			want uint16
		}{{0, h}, {0x7fff, h}, {0x8000, h + h&1}, {0x8001, h + 1}} {
			if h&0x7fff == 0x7f80 && test.low != 0 {
				continue // above infinity are only NaNs
			}
			if got := F32ToBF16(math.Float32frombits(bits | test.low)); got != test.want {
				t.Errorf("%#08x becomes %#04x, want %#04x", bits|test.low, got, test.want)
			}
		}
	}
}
