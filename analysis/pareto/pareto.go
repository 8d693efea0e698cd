package pareto

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Coordinate is a position on one axis with its interval.
type Coordinate struct {
	Value, Low, High float64
	Level            float64 // of the interval, 0.95
	// Shared names a quantity that several points have in common (arms with the same
	// weights have one quality loss). It is drawn once per draw; "" is drawn alone.
	Shared string
}

// Dominates says whether a is at least as good as b on every axis and better on one.
func Dominates(a, b []float64) bool {
	better := false
	for i := range a {
		if !(a[i] <= b[i]) { // also where one of them is not a number
			return false
		}
		better = better || a[i] < b[i]
	}
	return better
}

// Front marks the points that are finite and dominated by none.
func Front(points [][]float64) []bool {
	front := make([]bool, len(points))
	for i, p := range points {
		front[i] = finite(p) && !dominated(p, points)
	}
	return front
}

func dominated(p []float64, points [][]float64) bool {
	for _, q := range points {
		if Dominates(q, p) {
			return true
		}
	}
	return false
}

func finite(p []float64) bool {
	for _, x := range p {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// FrontProbability is the share of draws in which each point is on the front, when
// every coordinate is drawn from a normal distribution on either side of its value
// that has the interval's end at the interval's level.
func FrontProbability(points [][]Coordinate, draws int, rng *rand.Rand) []float64 {
	hits := make([]float64, len(points))
	if draws < 1 {
		return hits
	}
	drawn := make([][]float64, len(points))
	for i, p := range points {
		drawn[i] = make([]float64, len(p))
	}
	for range draws {
		shared := map[string]float64{}
		for i, p := range points {
			for j, c := range p {
				drawn[i][j] = c.at(deviate(c.Shared, shared, rng))
			}
		}
		for i, on := range Front(drawn) {
			if on {
				hits[i]++
			}
		}
	}
	for i := range hits {
		hits[i] /= float64(draws)
	}
	return hits
}

func deviate(name string, shared map[string]float64, rng *rand.Rand) float64 {
	if name == "" {
		return rng.NormFloat64()
	}
	z, known := shared[name]
	if !known {
		z = rng.NormFloat64()
		shared[name] = z
	}
	return z
}

// at is the coordinate z standard deviations from its value. Where the upper end of
// the interval is unknown, the lower side's spread serves up to the level's normal
// point, and beyond that the coordinate is infinite.
func (c Coordinate) at(z float64) float64 {
	down, up := c.Value-c.Low, c.High-c.Value
	if down == 0 && up == 0 {
		return c.Value
	}
	point := distuv.UnitNormal.Quantile((1 + c.Level) / 2)
	if math.IsInf(down, 0) {
		down = up
	}
	switch {
	case z <= 0:
		return c.Value + z/point*down
	case !math.IsInf(up, 0):
		return c.Value + z/point*up
	case z <= point:
		return c.Value + z/point*down
	}
	return math.Inf(1)
}
