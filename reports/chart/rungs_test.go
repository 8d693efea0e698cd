package chart

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// syntheticRungs is a ladder at a peak, and its first rung alone.
func syntheticRungs() Rungs {
	var with, without RungsPanel
	with = RungsPanel{Title: "2 the ladder at poisson 30/s with steps 0.4 3 0.4", Window: 40e9}
	without = RungsPanel{Title: "1 full alone at poisson 30/s with steps 0.4 3 0.4", Window: 40e9}
	for i := range 24 {
		rate, full := 12.0, 1.0
		if i > 7 && i < 16 {
			rate, full = 90, .3
		}
		with.Slices = append(with.Slices, RungsSlice{Rate: rate, Shares: []float64{full, (1 - full) * .7, (1 - full) * .25}, Nobody: (1 - full) * .05, Kept: 1 - (1-full)*.05})
		without.Slices = append(without.Slices, RungsSlice{Rate: rate, Shares: []float64{full}, Nobody: 1 - full, Kept: full})
	}
	without.Slices[23] = RungsSlice{Kept: math.NaN(), Shares: []float64{0}}
	return Rungs{Names: []string{"full", "quantized", "small"}, Panels: []RungsPanel{without, with}}
}

func TestRungsGolden(t *testing.T) {
	golden(t, "rungs-wide.svg", render(t, syntheticRungs(), Wide))
	golden(t, "rungs-narrow.svg", render(t, syntheticRungs(), Narrow))
}

// Whatever there is, the drawing holds only numbers.
func TestRungsOfAnything(t *testing.T) {
	for name, p := range map[string]RungsPanel{
		"nothing":     {Title: "a"},
		"no time":     {Title: "a", Slices: []RungsSlice{{Rate: 1, Shares: []float64{1}, Kept: 1}}},
		"no requests": {Title: "a", Window: 1e9, Slices: []RungsSlice{{Shares: []float64{0, 0}, Kept: math.NaN()}, {Kept: math.NaN()}}},
	} {
		for _, w := range []vg.Length{Wide, Narrow} {
			svg := render(t, Rungs{Names: []string{"x"}, Panels: []RungsPanel{p}}, w)
			if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Errorf("%s at %v is not of numbers", name, w)
			}
		}
	}
}
