package sample

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// What instructions for many numbers make is what Go makes, bit for bit.
func TestWeighsAlikeAVX512(t *testing.T) {
	if !cpu.Detect().AVX512 {
		t.Skip("this machine lacks AVX-512")
	}
	r := rand.New(rand.NewPCG(5, 1))
	inf, nan := float32(math.Inf(-1)), float32(math.NaN())
	for range 500 {
		n := r.IntN(600)
		logits := make([]float32, n)
		for i := range logits {
			logits[i] = 3 - float32(r.ExpFloat64()*math.Pow(10, float64(r.IntN(4)-1)))
			if r.IntN(20) == 0 {
				logits[i] = []float32{inf, nan, 3, -math.MaxFloat32}[r.IntN(4)]
			}
		}
		w := newWeigher(3, []float64{1e-3, .5, 1, 7, 1e3}[r.IntN(5)])
		got, want := make([]float64, n), make([]float64, n)
		var gotSums, wantSums [lanes]float64
		w.weighFrom(w.weighWide(got, logits, &gotSums), got, logits, &gotSums)
		w.weighFrom(0, want, logits, &wantSums)
		shares, share := make([]float32, n), 1/(1+r.Float64()*1e3)
		setShares(shares, want, share)
		for i, v := range want {
			if got[i] != v {
				t.Fatalf("logit %g, number %d of %d: weight %g, want %g", logits[i], i, n, got[i], v)
			}
			if shares[i] != float32(v*share) {
				t.Fatalf("weight %g, number %d of %d: %g of it is %g, want %g", v, i, n, share, shares[i], float32(v*share))
			}
		}
		if gotSums != wantSums {
			t.Fatalf("%d sums are %g, want %g", n, gotSums, wantSums)
		}
	}
}
