package sample

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// reference is Distribution by the whole vocabulary's exponentials and full sorts, in
// float64 throughout, step after step as the package's documentation has them.
func reference(logits []float32, p Params) []float64 {
	largest := math.Inf(-1)
	for _, l := range logits {
		largest = max(largest, float64(l))
	}
	weights, ids := make([]float64, len(logits)), make([]int, len(logits))
	for i, l := range logits {
		weights[i], ids[i] = math.Exp((float64(l)-largest)/float64(p.Temperature)), i
	}
	slices.SortStableFunc(ids, func(a, b int) int { return cmp.Compare(logits[b], logits[a]) })
	drop := func(from int) {
		for _, id := range ids[from:] {
			weights[id] = 0
		}
		ids = ids[:from]
	}
	if p.TopK > 0 && p.TopK < len(ids) {
		drop(p.TopK)
	}
	if p.TopP > 0 && p.TopP < 1 {
		enough, mass, n := float64(p.TopP)*sumOf(weights), 0.0, 0
		for ; mass < enough && n < len(ids); n++ {
			mass += weights[ids[n]]
		}
		drop(n)
	}
	for i, w := range weights {
		if w < float64(p.MinP) {
			weights[i] = 0
		}
	}
	sum := sumOf(weights)
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}

func sumOf(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum
}

// settings are those of every path through Distribution.
var settings = []Params{
	{Temperature: 1}, {Temperature: .3}, {Temperature: 7},
	{Temperature: 1, TopP: .95}, {Temperature: .7, TopP: .5}, {Temperature: 5, TopP: .999}, {Temperature: 1, TopP: 1e-6},
	{Temperature: 1, TopK: 1}, {Temperature: 1, TopK: 40}, {Temperature: 2, TopK: heapLimit}, {Temperature: 3, TopK: heapLimit + 1}, {Temperature: 1, TopK: 1 << 20},
	{Temperature: 1, MinP: .05}, {Temperature: 3, MinP: 1e-4}, {Temperature: 1, MinP: 1},
	{Temperature: .8, TopK: 40, TopP: .9, MinP: .02}, {Temperature: 2, TopP: .9, MinP: .01}, {Temperature: 4, TopK: 2000, TopP: .97},
}

func TestDistributionIsTheReferences(t *testing.T) {
	var s Scratch
	r := rand.New(rand.NewPCG(8, 8))
	for _, size := range []int{1, 2, run - 1, run + 1, 5000} {
		for _, kind := range []string{"normal", "ties", "equal", "rising", "falling"} {
			logits := logitsOf(kind, size, r)
			for _, p := range settings {
				name := fmt.Sprintf("%s %d %+v", kind, size, p)
				got, want := make([]float32, size), reference(logits, p)
				Distribution(got, logits, p, &s)
				for i := range got {
					if (got[i] == 0) != (float32(want[i]) == 0) || math.Abs(float64(got[i])-want[i]) > 1e-7*want[i]+0x1p-149 {
						t.Fatalf("%s: token %d has %g, want %g", name, i, got[i], want[i])
					}
				}
				sameDraws(t, name, logits, got, p, &s)
			}
		}
	}
}

func logitsOf(kind string, size int, r *rand.Rand) []float32 {
	logits := make([]float32, size)
	for i := range logits {
		switch kind {
		case "normal":
			logits[i] = float32(r.NormFloat64() * 4)
		case "ties":
			logits[i] = float32(r.IntN(9))
		case "rising":
			logits[i] = float32(i) / 64
		case "falling":
			logits[i] = -float32(i) / 64
		}
	}
	return logits
}

// sameDraws fails unless Next draws what Draw draws from the distribution, apart from
// where rounding of the cumulative probabilities decides.
func sameDraws(t *testing.T, name string, logits, probs []float32, p Params, s *Scratch) {
	t.Helper()
	for position := range 20 {
		u := Uniform(p.Seed, position, StreamToken)
		got := Next(logits, p, position, s)
		if got != Draw(probs, u-1e-6) && got != Draw(probs, u+1e-6) && got != Draw(probs, u) {
			t.Fatalf("%s: position %d draws %d, want %d", name, position, got, Draw(probs, u))
		}
	}
}

func TestWeightsAgreeWithMath(t *testing.T) {
	w := newWeigher(0, 1)
	for x := float32(0); x > -138; x -= 0.00371 {
		if got, want := w.weight(x), math.Exp(float64(x)); math.Abs(got/want-1) > 1e-11 {
			t.Fatalf("weight(%g) = %g, want %g: relative error %g", x, got, want, got/want-1)
		}
	}
	if w.weight(0) != 1 || w.weight(-139) != 0 || w.weight(nan) != 0 || w.weight(negInf) != 0 {
		t.Errorf("weights of 0, -139, NaN, -Inf: %g %g %g %g", w.weight(0), w.weight(-139), w.weight(nan), w.weight(negInf))
	}
}

func TestArgmaxFindsEveryPlace(t *testing.T) {
	for size := range 40 {
		for at := range size {
			logits := make([]float32, size)
			logits[at] = 1
			if at+3 < size {
				logits[at+3] = 1
			}
			if got := Argmax(logits); got != int32(at) {
				t.Fatalf("%d of %d: got %d", at, size, got)
			}
		}
	}
}
