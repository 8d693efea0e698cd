package pareto

import "math"

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

// Shares is, for each of n points, the share of draws in which it is on the front. in places all points in a draw, together,
// so that what is common to them does not count as doubt; a point that has no place in it is not finite.
func Shares(n, draws int, in func(draw int) [][]float64) []float64 {
	shares, hits := make([]float64, n), make([]int, n)
	for d := range draws {
		for i, on := range Front(in(d)) {
			if on {
				hits[i]++
			}
		}
	}
	for i, h := range hits {
		shares[i] = float64(h) / float64(max(draws, 1))
	}
	return shares
}
