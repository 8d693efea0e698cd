package steady

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var dips = flag.Int("dips", 500, "uniform samples of each size that the critical values of the dip are compared with; from 100000 on, print them")

// The table is a simulation, and so is its test: on fresh samples the share of dips above
// each critical value is what the value says, within what chance does to so many samples.
func TestDipCriticalValues(t *testing.T) {
	sizes := dipSizes[:5]
	if *dips >= 100_000 {
		sizes = dipSizes
	}
	for i, n := range sizes {
		rng := rand.New(rand.NewPCG(uint64(n), 8))
		scaled := make([]float64, *dips)
		x := make([]float64, n)
		for k := range scaled {
			for j := range x {
				x[j] = rng.Float64()
			}
			scaled[k] = math.Sqrt(float64(n)) * Dip(x)
		}
		slices.Sort(scaled)
		if *dips >= 100_000 {
			t.Log(tableRow(n, scaled))
		}
		for j, p := range dipTails {
			at, _ := slices.BinarySearch(scaled, dipCritical[i][j])
			got, sd := 1-float64(at)/float64(len(scaled)), math.Sqrt(p*(1-p)/float64(len(scaled)))
			if math.Abs(got-p) > 4*sd {
				t.Errorf("%d values: %.4g of %d dips are above %v, expected %v", n, got, len(scaled), dipCritical[i][j], p)
			}
		}
	}
}

func tableRow(n int, sorted []float64) string {
	var row []string
	for _, p := range dipTails {
		row = append(row, fmt.Sprintf("%.4f", sorted[int((1-p)*float64(len(sorted)))]))
	}
	return fmt.Sprintf("{%s}, // %d", strings.Join(row, ", "), n)
}

// The dip knows neither order nor unit nor direction, and is within its bounds.
func TestDipInvariance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		x := make([]float64, 5+rng.IntN(40))
		for i := range x {
			x[i] = rng.NormFloat64() + float64(5*rng.IntN(2))
		}
		d := Dip(x)
		if lo := 0.5 / float64(len(x)); d < lo-1e-12 || d > 0.25 {
			t.Fatalf("dip %v of %d values: expected %v to 0.25", d, len(x), lo)
		}
		for _, scale := range []float64{3, -3} {
			moved := make([]float64, len(x))
			for i := range x {
				moved[i] = scale*x[len(x)-1-i] - 7
			}
			if e := Dip(moved); math.Abs(e-d) > 1e-9 {
				t.Fatalf("dip %v, but %v of the same values in other order and times %v", d, e, scale)
			}
		}
	}
}
