package pareto

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

func TestDominates(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b []float64
		want bool
	}{
		{"better everywhere", []float64{1, 1, 1}, []float64{2, 2, 2}, true},
		{"better once, equal else", []float64{1, 2, 2}, []float64{2, 2, 2}, true},
		{"equal", []float64{1, 1}, []float64{1, 1}, false},
		{"a trade", []float64{1, 3}, []float64{2, 2}, false},
		{"not a number", []float64{1, math.NaN()}, []float64{2, 2}, false},
	} {
		if got := Dominates(c.a, c.b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestFrontByHand(t *testing.T) {
	points := [][]float64{{0, 9, 9}, {9, 0, 9}, {5, 5, 5}, {6, 6, 6}, {0, 9, 9}, {math.NaN(), 0, 0}, {0, math.Inf(1), 0}}
	want := []bool{true, true, true, false, true, false, false}
	if got := Front(points); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// No point on the front is dominated, and each finite point off it is dominated by
// one that is on it.
func TestFrontProperty(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		points := make([][]float64, 1+rng.IntN(25))
		for i := range points {
			points[i] = []float64{float64(rng.IntN(8)), float64(rng.IntN(8)), float64(rng.IntN(8))}
		}
		front := Front(points)
		for i, p := range points {
			beaten := false
			for j, q := range points {
				beaten = beaten || front[j] && Dominates(q, p)
			}
			if beaten == front[i] {
				t.Fatalf("point %v of %v: on the front %v, dominated by the front %v", p, points, front[i], beaten)
			}
		}
	}
}

func TestShares(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	got := Shares(3, 100, func(int) [][]float64 { return [][]float64{{1, 1}, {2, 2}, {math.Inf(1), 0}} })
	if math.Abs(got[0]-1) > 1e-9 || got[1] != 0 || got[2] != 0 {
		t.Errorf("exact points, and one without a place: %v", got)
	}
	// Two points that differ in one noisy coordinate of equal value: a coin's throw.
	got = Shares(2, 4000, func(int) [][]float64 { return [][]float64{{rng.NormFloat64()}, {rng.NormFloat64()}} })
	if math.Abs(got[0]-0.5) > 0.03 || math.Abs(got[0]+got[1]-1) > 1e-9 {
		t.Errorf("equal noisy points: %v", got)
	}
	// Noise that is common cancels: the order never changes.
	got = Shares(2, 500, func(int) [][]float64 { z := 10 * rng.NormFloat64(); return [][]float64{{5 + z}, {6 + z}} })
	if math.Abs(got[0]-1) > 1e-9 || got[1] != 0 {
		t.Errorf("shared noise: %v", got)
	}
	if got = Shares(2, 0, nil); got[0] != 0 || got[1] != 0 {
		t.Errorf("no draws: %v", got)
	}
}
