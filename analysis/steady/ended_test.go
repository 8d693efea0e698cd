package steady

import (
	"math/rand/v2"
	"testing"
)

// What is counted is what counting each moment anew gives, whether ends are near, far, equal, or never come.
func TestEnded(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for _, n := range []int{0, 1, 2, 500} {
		for _, far := range []int64{1, 50, 100_000} {
			var at, ends []int64
			for i := range n {
				at = append(at, int64(i/2*10))
				ends = append(ends, at[i]+rng.Int64N(far)-far/3)
			}
			ends = append(ends, Open)
			e := NewEnded(at)
			for _, end := range ends {
				e.Add(end)
			}
			for i, got := range e.By() {
				want := 0
				for _, end := range ends {
					if end <= at[i] {
						want++
					}
				}
				if got != want {
					t.Fatalf("%d moments, ends up to %d behind: %d had ended at the %d-th, want %d", n, far, got, i, want)
				}
			}
		}
	}
}
