package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// pieces cuts values into pieces of any length, as walks give them.
func pieces(values []float64, rng *rand.Rand) [][]float64 {
	var out [][]float64
	for len(values) > 0 {
		n := min(len(values), rng.IntN(3000))
		out, values = append(out, values[:n]), values[n:]
	}
	return out
}

// An Order says what sorting says, whatever the values are and however few may be gathered.
func TestOrderIsThatOfSorting(t *testing.T) {
	for name, draw := range map[string]func(*rand.Rand) float64{
		"spread":   func(r *rand.Rand) float64 { return math.Exp(20 * r.NormFloat64()) },
		"close":    func(r *rand.Rand) float64 { return 1e6 + r.Float64() },
		"signs":    func(r *rand.Rand) float64 { return r.NormFloat64() },
		"ties":     func(r *rand.Rand) float64 { return float64(r.IntN(5)) - 2 },
		"equal":    func(*rand.Rand) float64 { return 3e6 },
		"failures": func(r *rand.Rand) float64 { return 1e6 / float64(r.IntN(3)) },
		"denormal": func(r *rand.Rand) float64 { return math.Float64frombits(r.Uint64N(1 << 20)) },
	} {
		rng := rand.New(rand.NewPCG(7, uint64(len(name))))
		values := make([]float64, 2*orderSorts+rng.IntN(1000))
		for i := range values {
			values[i] = draw(rng)
		}
		sorted := Sorted(values)
		for _, room := range []int{0, 50, orderGathers} {
			o := NewOrder(len(values), slices.Values(pieces(values, rng)))
			o.room = room
			for range 2 {
				ranks := []int{0, len(values) - 1, Rank(len(values), 0.5), rng.IntN(len(values)), rng.IntN(len(values))}
				o.Fetch(ranks...)
				for _, r := range append(ranks, rng.IntN(len(values))) {
					if o.At(r) != sorted[r] {
						t.Fatalf("%s, room for %d: rank %d is %v, want %v", name, room, r, o.At(r), sorted[r])
					}
				}
			}
		}
	}
	if o := NewOrder(2, slices.Values([][]float64{{2}, {}, {1}})); o.Len() != 2 || o.At(0) != 1 || o.At(1) != 2 {
		t.Error("two values are out of order")
	}
}

// A quantile with its intervals is the same from an Order, which fetches what it looks at.
func TestQuantileOfAnOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	values := make([]float64, 2*orderSorts)
	for i := range values {
		values[i] = rng.ExpFloat64()
	}
	o := NewOrder(len(values), slices.Values([][]float64{values}))
	for _, p := range []float64{0.5, 0.95, 0.999} {
		for _, effective := range []int{20, 700, len(values)} {
			o.Fetch(QuantileRanks(len(values), p, effective)...)
			known := len(o.known)
			if got, want := NewQuantileOf(o, p, effective), NewQuantile(Sorted(values), p, effective); got != want {
				t.Errorf("p%g of %d: %+v, want %+v", 100*p, effective, got, want)
			}
			if len(o.known) != known {
				t.Errorf("p%g of %d looks at ranks that QuantileRanks does not name", 100*p, effective)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for range 300 {
		values := make([]float64, 1+rng.IntN(400))
		for i := range values {
			values[i] = float64(rng.IntN(1 + rng.IntN(200)))
		}
		sorted := Sorted(values)
		var ranks []int
		for range 1 + rng.IntN(5) {
			ranks = append(ranks, 10+rng.IntN(len(values)))
		}
		slices.Sort(ranks)
		choose(values, ranks, 10)
		for _, r := range ranks {
			if values[r-10] != sorted[r-10] {
				t.Fatalf("rank %d is %v, want %v", r-10, values[r-10], sorted[r-10])
			}
		}
		if slices.Sort(values); !slices.Equal(values, sorted) {
			t.Fatal("values were lost")
		}
	}
}
