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

// A position attends to a context, as a lone row does and as a chunk's rows do, with its
// keys and values in each format.
func BenchmarkAttention(b *testing.B) {
	const heads, group, dim, context = 3, 3, 64, 1024
	r := rand.New(rand.NewPCG(9, 11))
	for _, s := range Sets(cpu.Detect()) {
		for _, format := range kvFormats {
			for _, positions := range []int{1, 32} {
				b.Run(fmt.Sprint(s.Name, "/", format, "/", positions), func(b *testing.B) {
					c := newKVCase(b, s, format, heads, dim, context, 32, spread(r, context/32))
					a := c.attention(0, context-positions, positions, group, 0, normals(r, positions*group*dim))
					w, out := new(Worker), new(Partial)
					for b.Loop() {
						s.Attend(w, a, out)
					}
					b.ReportMetric(float64(positions*b.N)/b.Elapsed().Seconds(), "positions/s")
				})
			}
		}
	}
}

// What storing a position's keys and values takes in each format, and turning them.
func BenchmarkStore(b *testing.B) {
	const heads, dim = 3, 64
	x := normals(rand.New(rand.NewPCG(9, 12)), heads*dim)
	for _, s := range Sets(cpu.Detect()) {
		for _, format := range kvFormats {
			b.Run(fmt.Sprint(s.Name, "/", format), func(b *testing.B) {
				kv, err := s.NewKV(format, heads, dim, 32)
				if err != nil {
					b.Fatal(err)
				}
				w := new(Worker)
				for b.Loop() {
					s.Store(w, kv, 5, x, x)
				}
			})
		}
		b.Run(s.Name+"/hadamard", func(b *testing.B) {
			w := new(Worker)
			for b.Loop() {
				s.Hadamard(w, x, dim)
			}
		})
	}
}
