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

func exact(values ...float64) []Coordinate {
	p := make([]Coordinate, len(values))
	for i, v := range values {
		p[i] = Coordinate{Value: v, Low: v, High: v, Level: 0.95}
	}
	return p
}

func TestFrontProbability(t *testing.T) {
	rng := func() *rand.Rand { return rand.New(rand.NewPCG(2, 1)) }
	wide := func(v float64) Coordinate { return Coordinate{Value: v, Low: v - 1, High: v + 1, Level: 0.95} }

	got := FrontProbability([][]Coordinate{exact(1, 1), exact(2, 2)}, 100, rng())
	if !reflect.DeepEqual(got, []float64{1, 0}) {
		t.Errorf("exact points: %v", got)
	}
	// Two points that differ in one noisy coordinate of equal value: a coin's throw.
	got = FrontProbability([][]Coordinate{{wide(5)}, {wide(5)}}, 4000, rng())
	if math.Abs(got[0]-0.5) > 0.03 || math.Abs(got[0]+got[1]-1) > 1e-9 {
		t.Errorf("equal noisy points: %v", got)
	}
	// Apart by d with standard deviation s each, the better one wins with probability
	// Phi(d / (s sqrt 2)): d = 1, s = 1/1.96 gives Phi(1.386) = 0.917.
	got = FrontProbability([][]Coordinate{{wide(5)}, {wide(6)}}, 8000, rng())
	if math.Abs(got[0]-0.917) > 0.015 {
		t.Errorf("points one apart: %v, want 0.917", got)
	}
	// Shared noise cancels: the order never changes.
	a, b := wide(5), wide(6)
	a.Shared, b.Shared = "x", "x"
	if got = FrontProbability([][]Coordinate{{a}, {b}}, 500, rng()); !reflect.DeepEqual(got, []float64{1, 0}) {
		t.Errorf("shared noise: %v", got)
	}
}

func TestFrontProbabilityWithoutUpperEnd(t *testing.T) {
	open := Coordinate{Value: 5, Low: 4, High: math.Inf(1), Level: 0.95}
	got := FrontProbability([][]Coordinate{{open}}, 8000, rand.New(rand.NewPCG(3, 1)))
	if math.Abs(got[0]-0.975) > 0.01 {
		t.Errorf("on the front in %v of draws, want all but the 2.5 %% that are infinite", got[0])
	}
}
