package simulate

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// nnls finds the coefficients, none below 0, that minimise the sum over rows of weight x (y - row x coefficients)², by the
// active-set method of Lawson & Hanson 1974, "Solving Least Squares Problems", chapter 23, on the normal equations of columns
// scaled to length 1.
func nnls(rows [][]float64, y, weights []float64) []float64 {
	a, b, scale := normal(rows, y, weights)
	n := len(b)
	x, passive := make([]float64, n), make([]bool, n)
	for range 30 * n {
		best, gain := -1, 1e-10*norm(b)
		for i := range n {
			if g := gradient(a, b, x, i); !passive[i] && scale[i] > 0 && g > gain {
				best, gain = i, g
			}
		}
		if best < 0 {
			break
		}
		passive[best] = true
		inner(a, b, x, passive)
	}
	for i := range x {
		if scale[i] > 0 {
			x[i] /= scale[i]
		}
	}
	return x
}

// inner solves on the passive columns, and takes out those that would be below 0.
func inner(a *mat.SymDense, b, x []float64, passive []bool) {
	for range 2 * len(x) {
		s, ok := solve(a, b, passive)
		if !ok {
			return
		}
		step, negative := 1.0, false
		for i := range x {
			if passive[i] && s[i] <= 0 {
				negative = true
				step = min(step, x[i]/math.Max(x[i]-s[i], 1e-300))
			}
		}
		for i := range x {
			x[i] += step * (s[i] - x[i])
			if passive[i] && negative && s[i] <= 0 && x[i] <= 1e-14 {
				x[i], passive[i] = 0, false
			}
		}
		if !negative {
			return
		}
	}
}

// normal is the weighted normal equations, with every column scaled to length 1; the scale of an empty column is 0.
func normal(rows [][]float64, y, weights []float64) (a *mat.SymDense, b, scale []float64) {
	n := len(rows[0])
	a, b, scale = mat.NewSymDense(n, nil), make([]float64, n), make([]float64, n)
	for r, row := range rows {
		for i := range n {
			scale[i] += weights[r] * row[i] * row[i]
		}
	}
	for i := range scale {
		scale[i] = math.Sqrt(scale[i])
	}
	sums := make([]float64, n*n)
	for r, row := range rows {
		w := weights[r]
		for i, x := range row {
			if x == 0 {
				continue
			}
			b[i] += w * x * y[r]
			sum := sums[i*n : (i+1)*n]
			for j := i; j < n; j++ {
				sum[j] += w * x * row[j]
			}
		}
	}
	for i := range n {
		for j := i; j < n && scale[i] > 0; j++ {
			if scale[j] > 0 {
				a.SetSym(i, j, sums[i*n+j]/scale[i]/scale[j])
			}
		}
		if scale[i] > 0 {
			b[i] /= scale[i]
		}
	}
	return a, b, scale
}

func gradient(a *mat.SymDense, b, x []float64, i int) float64 {
	g := b[i]
	for j := range x {
		g -= a.At(i, j) * x[j]
	}
	return g
}

// solve solves on the passive columns alone; the others are 0.
func solve(a *mat.SymDense, b []float64, passive []bool) ([]float64, bool) {
	var at []int
	for i, p := range passive {
		if p {
			at = append(at, i)
		}
	}
	sub, rhs := mat.NewSymDense(len(at), nil), mat.NewVecDense(len(at), nil)
	for i, p := range at {
		rhs.SetVec(i, b[p])
		for j := i; j < len(at); j++ {
			sub.SetSym(i, j, a.At(p, at[j]))
		}
		sub.SetSym(i, i, sub.At(i, i)*(1+1e-10)) // columns that were never told apart
	}
	var c mat.Cholesky
	var s mat.VecDense
	if !c.Factorize(sub) || c.SolveVecTo(&s, rhs) != nil {
		return nil, false
	}
	out := make([]float64, len(passive))
	for i, p := range at {
		out[p] = s.AtVec(i)
	}
	return out, true
}

func norm(v []float64) (n float64) {
	for _, x := range v {
		n = max(n, math.Abs(x))
	}
	return n
}
