package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

func BenchmarkPack(b *testing.B) {
	for k := range kinds {
		b.Run(k.String(), func(b *testing.B) {
			m := weights(rand.New(rand.NewPCG(1, 1)), k, 256, 2048)
			p := packed(m)
			b.SetBytes(int64(len(m.Data)))
			for b.Loop() {
				p.Pack(m, 0, p.Groups())
			}
		})
	}
}

func BenchmarkMul(b *testing.B) {
	r := rand.New(rand.NewPCG(9, 10))
	const outputs, cols = 256, 1024
	for k := range kinds {
		p := packed(weights(r, k, outputs, cols))
		for _, s := range Sets(cpu.Detect()) {
			for _, rows := range []int{1, 2, 4, 8, 16, 64} {
				b.Run(fmt.Sprint(s.Name, "/", k, "/", rows), func(b *testing.B) {
					x, dst, w := batch(r, rows, cols), batch(r, rows, outputs), new(Worker)
					for b.Loop() {
						s.Mul(w, p, x, dst, 0, p.Groups())
					}
					b.ReportMetric(float64(rows*outputs*cols*b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
					if rows == 1 {
						b.ReportMetric(float64(p.Bytes()*b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
					}
				})
			}
		}
	}
}
