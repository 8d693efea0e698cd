package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// trained is rows x cols normal weights stored as k, without the denormal scales that
// random blocks have.
func trained(b *testing.B, r *rand.Rand, k Kind, rows, cols int) Rows {
	data := make([]byte, k.RowBytes(cols)*rows)
	format(b, k).Quantize(data, normals(r, rows*cols))
	return NewRows(k, cols, data)
}

// BenchmarkDot is decoding: lone rows of activations.
func BenchmarkDot(b *testing.B) {
	r := rand.New(rand.NewPCG(9, 9))
	for k := range kinds {
		m := trained(b, r, k, 64, 256)
		for _, s := range Sets(cpu.Detect()) {
			b.Run(fmt.Sprint(s.Name, "/", k), func(b *testing.B) {
				x, w, out := batch(r, 1, 256), new(Worker), make([]float32, 64)
				b.SetBytes(int64(len(m.Data)))
				for b.Loop() {
					s.Dot(w, m, 0, x.Vec(0, 0, 256, k.Integer()), out)
				}
				b.ReportMetric(64*256*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
			})
		}
	}
}

func BenchmarkMul(b *testing.B) {
	r := rand.New(rand.NewPCG(9, 10))
	for k := range kinds {
		m := trained(b, r, k, 256, 256)
		for _, s := range Sets(cpu.Detect()) {
			for _, rows := range []int{1, 2, 4, 5, 8, 64} {
				b.Run(fmt.Sprint(s.Name, "/", k, "/", rows), func(b *testing.B) {
					x, dst, w := batch(r, rows, 256), batch(r, rows, 256), new(Worker)
					for b.Loop() {
						s.Mul(w, m, x, dst, 0, 256)
					}
					b.ReportMetric(float64(rows*256*256*b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
				})
			}
		}
	}
}
