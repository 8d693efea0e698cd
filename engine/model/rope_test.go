package model

import (
	"math"
	"slices"
	"testing"
)

func ropeModel(s Scaling) *Model {
	return &Model{Config: Config{RopeBase: 10000, LocalBase: 100, RopeDim: 8, Scaling: s}}
}

// Expected values are those of numpy in float64, from the papers' formulas.
func TestFrequencies(t *testing.T) {
	for name, c := range map[string]struct {
		scaling Scaling
		turn    Turn
		want    []float64
	}{
		"none":   {Scaling{}, TurnModel, []float64{1, 0.1, 0.01, 0.001}},
		"linear": {Scaling{Type: Linear, Factor: 4}, TurnModel, []float64{0.25, 0.025, 0.0025, 0.00025}},
		"local":  {Scaling{Type: Linear, Factor: 4}, TurnLocal, []float64{1, math.Sqrt(0.1), 0.1, math.Sqrt(0.001)}},
		// 64 positions are 10.19 turns at 1 and 0.1019 at 0.01: with betas of 4 and 0.25 pairs
		// 0.406 to 1.610, widened to 0 to 2, so pair 1 is half way.
		"yarn":           {Scaling{Type: YaRN, Factor: 4, Original: 64, Fast: 4, Slow: 0.25, Ramp: 1}, TurnModel, []float64{1, 0.0625, 0.0025, 0.00025}},
		"yarn, half":     {Scaling{Type: YaRN, Factor: 4, Original: 64, Fast: 4, Slow: 0.25, Ramp: 0.5}, TurnModel, []float64{0.625, 0.04375, 0.0025, 0.00025}},
		"yarn, ramp off": {Scaling{Type: YaRN, Factor: 4, Original: 64, Fast: 4, Slow: 0.25}, TurnModel, []float64{0.25, 0.025, 0.0025, 0.00025}},
	} {
		got := ropeModel(c.scaling).frequencies(c.turn, 10)
		for i, want := range c.want {
			if math.Abs(float64(got[i])/want-1) > 1e-6 {
				t.Errorf("%s: pair %d turns by %g, want %g", name, i, got[i], want)
			}
		}
	}
}

func TestRopeFactorsByLongestSequence(t *testing.T) {
	m := ropeModel(Scaling{Original: 32})
	m.Weights.RopeShort, m.Weights.RopeLong = []float32{1, 2, 4, 8}, []float32{2, 4, 8, 16}
	plain := ropeModel(Scaling{}).frequencies(TurnModel, 1)
	for longest, factors := range map[int][]float32{1: m.Weights.RopeShort, 32: m.Weights.RopeShort, 33: m.Weights.RopeLong} {
		for i, got := range m.frequencies(TurnModel, longest) {
			if got != plain[i]/factors[i] {
				t.Errorf("%d positions: pair %d turns by %g, want %g", longest, i, got, plain[i]/factors[i])
			}
		}
	}
	m.Weights.RopeShort, m.Weights.RopeLong, m.Weights.RopeFactors = nil, nil, []float32{1, 1, 1, 5}
	if got := m.frequencies(TurnModel, 100); got[3] != plain[3]/5 || got[0] != plain[0] {
		t.Errorf("with one set of factors: %v", got)
	}
}

func TestMagnitude(t *testing.T) {
	for _, c := range []struct{ factor, weight, want float64 }{
		{4, 1, 1.1386294361}, {16, 1, 1.2772588722}, {16, 0, 1}, {1, 1, 1}, {0.5, 1, 1},
	} {
		if got := magnitude(c.factor, c.weight); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("magnitude(%g, %g) = %g, want %g", c.factor, c.weight, got, c.want)
		}
	}
}

// Angles do not depend on the order in which positions were reached.
func TestAnglesAreComputedOnce(t *testing.T) {
	freqs := []float32{1, 0.01}
	whole, pieces := newAngles(freqs, 1.5, 100), newAngles(freqs, 1.5, 100)
	whole.upTo(100)
	for _, n := range []int{3, 2, 50, 50, 100} {
		pieces.upTo(n)
	}
	if !slices.Equal(whole.cos, pieces.cos) || !slices.Equal(whole.sin, pieces.sin) {
		t.Error("angles differ")
	}
	if cos, sin := whole.at(7); math.Abs(float64(cos[0])-1.5*math.Cos(7)) > 1e-6 || math.Abs(float64(sin[1])-1.5*math.Sin(0.07)) > 1e-6 {
		t.Errorf("position 7: %v, %v", cos, sin)
	}
}

func TestTemperature(t *testing.T) {
	c := Config{AttentionScale: 1, Temperature: 0.1, TemperatureLength: 16}
	for position, want := range map[int]float64{0: 1, 15: 1, 16: 1 + 0.1*math.Ln2, 47: 1 + 0.1*math.Log(3)} {
		if got := float64(c.queryScale(position)); math.Abs(got-want) > 1e-7 {
			t.Errorf("at %d: %g, want %g", position, got, want)
		}
	}
}
