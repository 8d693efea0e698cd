package kernel

import "math"

// Hadamard rotates each head of x, head columns wide, by a Hadamard matrix divided by the root of
// its size: the largest power of two that divides head, as many times as it takes. It is
// its own inverse and keeps lengths. Heads are multiples of 16 columns.
func (s *Set) Hadamard(w *Worker, x []float32, head int) {
	a := w.row.of(x)
	a.many = head & -head
	s.hadamard(a)
	a.f = float32(1 / math.Sqrt(float64(a.many)))
	s.scale(a)
}

// hadamard adds and subtracts elements 1, 2, 4, ... apart, in this order (the fast Walsh-Hadamard
// transform): each result is one tree of sums.
func hadamard(a *rowArgs) {
	x := a.floats(a.x)
	for apart := 1; apart < a.many; apart *= 2 {
		for i := 0; i < len(x); i += 2 * apart {
			low, high := x[i:][:apart], x[i+apart:][:apart]
			for j, u := range low {
				v := high[j]
				low[j], high[j] = u+v, u-v
			}
		}
	}
}
