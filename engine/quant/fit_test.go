package quant

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestNearestNonlinear compares the table with a search through all values, on both sides
// of all values and all middles between them.
func TestNearestNonlinear(t *testing.T) {
	check := func(v float32) {
		t.Helper()
		want := 0
		for i, c := range nonlinear {
			if abs(v-c) <= abs(v-nonlinear[want]) {
				want = i // the higher one at ties
			}
		}
		if got := nearestNonlinear(v); int(got) != want {
			t.Errorf("%v is closest to %d, want %d", v, got, want)
		}
	}
	for i, c := range nonlinear {
		for _, v := range []float32{c, (c + nonlinear[max(i, 1)-1]) / 2} {
			check(v)
			check(math.Nextafter32(v, 1000))
			check(math.Nextafter32(v, -1000))
		}
	}
	r := rand.New(rand.NewPCG(11, 12))
	for range 100_000 {
		check(float32(r.NormFloat64() * 80))
	}
	if low, high := nearestNonlinear(-1e30), nearestNonlinear(1e30); low != 0 || high != 15 {
		t.Errorf("the ends are %d and %d, want 0 and 15", low, high)
	}
}

func TestNearestInt(t *testing.T) {
	for half := float32(-300); half <= 300; half += 0.5 {
		for _, v := range []float32{half, math.Nextafter32(half, 1000), math.Nextafter32(half, -1000)} {
			if got, want := nearestInt(v), int32(math.RoundToEven(float64(v))); got != want {
				t.Errorf("%v rounds to %d, want %d", v, got, want)
			}
		}
	}
	for _, v := range []float32{math.MaxFloat32, float32(math.Inf(-1)), float32(math.NaN())} {
		nearestInt(v)
	}
}

// TestPacking: what is packed is unpacked, and no bit of the packed form is without use.
func TestPacking(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	var packed [12]byte
	for range 1000 {
		for i := range packed {
			packed[i] = uint8(r.Uint32())
		}
		var again [12]byte
		scales, mins := unpackScaleMins(&packed)
		packScaleMins(&again, &scales, &mins)
		if again != packed {
			t.Fatalf("scales and minimums %x become %x", packed, again)
		}
		six := unpackSixBits(&packed)
		packSixBits(&again, &six)
		if again != packed {
			t.Fatalf("6-bit scales %x become %x", packed, again)
		}
	}
}
