package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/assaylab/assay/engine/internal/cpu"
)

func TestFloatsAVX512(t *testing.T) {
	needsAVX512(t)
	r := rand.New(rand.NewPCG(36, 2))
	unusual := []float32{0, float32(math.Copysign(0, -1)), 1e-42, -1e38, 3e38, float32(math.Inf(1)), float32(math.NaN())}
	one := [3]func(*floatArgs){floatF32, floatF16, floatBF16}
	for k := F32; k <= BF16; k++ {
		for _, kernel := range float512[k] {
			for _, n := range []int{1, 2, 3, 7, 34} {
				for groups := 1; groups <= 9; groups++ {
					m := packed(weights(r, k, groups*Group, n))
					x := normals(r, (kernel.rows-1)*(n+3)+n)
					if n == 7 {
						for i := range x {
							x[i] = unusual[r.IntN(len(unusual))]
						}
					}
					// as long as the packed form is without what rounds it up
					w := walled(m.data[:(groups-1)*m.group+n*Group*layouts[k].bytes])
					got := floatsApart(kernel.run, w, m.group, walled(x), kernel.rows, n, groups)
					for row := range kernel.rows {
						want := floatsApart(one[k], w, m.group, x[row*(n+3):][:n], 1, n, groups)
						what := fmt.Sprintf("%v, row %d of %d, %d columns, %d groups", k, row, kernel.rows, n, groups)
						sameFloats(t, what, got[row*len(want):][:len(want)], want)
					}
				}
			}
		}
	}
}

// floatsApart is rows of the groups' outputs, with some space behind each row.
func floatsApart(run func(*floatArgs), w []byte, step int, x []float32, rows, n, groups int) []float32 {
	row := groups*Group + 8
	to := walled(fill(rows*row, untouched))
	run(&floatArgs{
		w: unsafe.Pointer(&w[0]), n: n, groups: groups, step: uintptr(step),
		x: &x[0], xStep: 4 * uintptr(n+3), to: &to[0], toStep: 4 * uintptr(row), toGroup: 4 * Group,
	})
	return to
}

func BenchmarkFloatsAVX512(b *testing.B) {
	if f := cpu.Detect(); !f.AVX512 {
		b.Skip("this machine lacks AVX-512")
	}
	r := rand.New(rand.NewPCG(40, 1))
	const n, groups = 512, 4
	for k := F32; k <= BF16; k++ {
		m := packed(weights(r, k, groups*Group, n))
		for _, kernel := range float512[k] {
			b.Run(fmt.Sprintf("%v/%d", k, kernel.rows), func(b *testing.B) {
				x, to := normals(r, kernel.rows*(n+3)), make([]float32, kernel.rows*groups*Group)
				a := &floatArgs{
					w: unsafe.Pointer(&m.data[0]), n: n, groups: groups, step: uintptr(m.group),
					x: &x[0], xStep: 4 * (n + 3), to: &to[0], toStep: 4 * groups * Group, toGroup: 4 * Group,
				}
				for b.Loop() {
					kernel.run(a)
				}
				b.ReportMetric(2*float64(kernel.rows*groups*Group*n*b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				b.ReportMetric(float64(len(m.data)*b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
			})
		}
	}
}
