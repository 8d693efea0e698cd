package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestFloatsAVX2(t *testing.T) {
	needsAVX2(t)
	r := rand.New(rand.NewPCG(36, 1))
	unusual := []float32{0, float32(math.Copysign(0, -1)), 1e-42, -1e38, 3e38, float32(math.Inf(1)), float32(math.NaN())}
	for k := F32; k <= BF16; k++ {
		for _, kernel := range avx2.float[k] {
			for _, n := range []int{1, 2, 7, 33} {
				for groups := 1; groups <= 4; groups++ {
					m := packed(weights(r, k, groups*Group, n))
					x := normals(r, (kernel.rows-1)*(n+3)+n)
					if n == 7 {
						for i := range x {
							x[i] = unusual[r.IntN(len(unusual))]
						}
					}
					got := floatsWith(kernel.run, m.data, walled(x), kernel.rows, n, groups)
					want := make([]float32, len(got))
					for row := range kernel.rows {
						one := [3]func(*floatArgs){floatF32, floatF16, floatBF16}[k]
						copy(want[row*(groups*Group+8):], floatsWith(one, m.data, x[row*(n+3):][:n], 1, n, groups))
						copy(want[row*(groups*Group+8)+groups*Group:], fill(8, untouched))
					}
					sameFloats(t, fmt.Sprintf("%v, %d rows, %d columns, %d groups", k, kernel.rows, n, groups), got, want)
				}
			}
		}
	}
}
