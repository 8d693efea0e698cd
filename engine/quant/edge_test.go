package quant

import (
	"encoding/hex"
	"math"
	"strings"
	"testing"
)

func filled(v float32) []float32 {
	x := make([]float32, 32)
	for i := range x {
		x[i] = v
	}
	return x
}

// ramp is -16 to 15 times scale, with at most one element replaced.
func ramp(scale float32, replace ...float32) []float32 {
	x := make([]float32, 32)
	for i := range x {
		x[i] = float32(i-16) * scale
	}
	if len(replace) > 0 {
		x[5] = replace[0]
	}
	return x
}

// TestEdge holds what the C reference stores, compiled for amd64 without optimisation and
// with, where the numpy reference differs or gives no defined answer.
func TestEdge(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	negativeZero := float32(math.Copysign(0, -1))
	tests := []struct {
		name, format string
		values       []float32
		want         string
	}{
		{"negative-zero", "Q4_0", filled(negativeZero), "0080" + strings.Repeat("88", 16)},
		{"negative-zero", "Q4_1", filled(negativeZero), "00000080" + strings.Repeat("00", 16)},
		{"negative-zero", "Q8_0", filled(negativeZero), strings.Repeat("00", 34)},
		{"denormal", "Q4_0", filled(1e-45), "0080" + strings.Repeat("88", 16)},
		{"denormal", "Q4_1", filled(1e-45), strings.Repeat("00", 20)},
		{"denormal", "Q8_0", filled(1e-45), strings.Repeat("00", 34)},
		{"nan", "Q4_0", ramp(1, nan), "0040809191a2a2b0b3c4c4d5d5e6e6f7f7f8"},
		{"nan", "Q4_1", ramp(1, nan), "224000cc80809191a2a0b3b3c4c4d5d5e6e6f7f7"},
		{"nan", "Q8_0", ramp(1, nan), "8f2f798189929a00abb4bcc5cdd6dee7eff800081119222a333b444c555d666e777f"},
		{"inf", "Q4_0", ramp(1, inf), "00fc88888888888088888888888888888888"},
		{"inf", "Q4_1", ramp(1, inf), "007c00cc" + strings.Repeat("00", 16)},
		{"inf", "Q8_0", ramp(1, inf), "007c" + strings.Repeat("00", 32)},
		{"all-nan", "Q4_0", filled(nan), "0080" + strings.Repeat("00", 16)},
		{"all-nan", "Q4_1", filled(nan), "00fc007c" + strings.Repeat("00", 16)},
		{"all-nan", "Q8_0", filled(nan), "007e" + strings.Repeat("00", 32)},
		{"range", "Q4_0", ramp(2e37), "007c809191a2a2b3b3c4c4d5d5e6e6f7f7f8"},
		{"range", "Q4_1", ramp(2e37), "007c00fc" + strings.Repeat("00", 16)},
		{"range", "Q8_0", ramp(2e37), "007c81899199a1a9b1b9c1c8d0d8e0e8f0f800081018202830383f474f575f676f77"},
	}
	for _, test := range tests {
		t.Run(test.name+"/"+test.format, func(t *testing.T) {
			f, err := ByName(test.format)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, f.BlockBytes)
			f.Quantize(got, test.values)
			if s := hex.EncodeToString(got); s != test.want {
				t.Errorf("got  %s\nwant %s", s, test.want)
			}
		})
	}
}

func TestRoundHalfAwayFromZero(t *testing.T) {
	check := func(f float32) {
		t.Helper()
		if got, want := toInt8(roundable(f)), int8(math.Round(float64(f))); got != want {
			t.Errorf("%v rounds to %d, want %d", f, got, want)
		}
	}
	for half := float32(-127); half <= 127; half += 0.5 {
		check(half)
		check(math.Nextafter32(half, 0))
		if half > -127 && half < 127 {
			check(math.Nextafter32(half, 200))
			check(math.Nextafter32(half, -200))
		}
	}
}

func TestToInt8OutOfRange(t *testing.T) {
	for _, test := range []struct {
		in   float32
		want int8
	}{{3e9, 0}, {-3e9, 0}, {float32(math.NaN()), 0}, {float32(math.Inf(-1)), 0}, {288.7, 32}, {-0.9, 0}, {-1.5, -1}, {127.9, 127}} {
		if got := toInt8(test.in); got != test.want {
			t.Errorf("toInt8(%v) is %d, want %d", test.in, got, test.want)
		}
	}
}
