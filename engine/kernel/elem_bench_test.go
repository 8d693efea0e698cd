package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkElementWise reports nanoseconds per element of rows as long as a small
// model's feed-forward layer.
func BenchmarkElementWise(b *testing.B) {
	const n = 1536
	sets := elemNatives()
	sets["generic"] = elemGeneric
	for _, set := range []string{"generic", "avx2", "avx512"} {
		e, ok := sets[set]
		if !ok {
			continue
		}
		quantized, plain := strip{16, 3}, strip{1, 0}
		for _, k := range []struct {
			name string
			f    func(*rowArgs)
			at   strip
		}{
			{"squares", e.squares, plain}, {"scaled", e.scaled, plain}, {"silu", e.silu, plain}, {"gelu", e.gelu, plain},
			{"quantize", e.quantize, quantized}, {"quantize-alone", e.quantize, plain}, {"add", e.add, plain}, {"top", e.top, plain}, {"exps", e.exps, plain},
		} {
			b.Run(fmt.Sprintf("%s/%s", set, k.name), func(b *testing.B) {
				c := newRowCase(rand.New(rand.NewPCG(1, 1)), n, 1, k.at)
				for b.Loop() {
					k.f(&c.rowArgs)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
			})
		}
		for name, f := range map[string]func(*rowArgs){"pairs": e.turnPairs, "halves": e.turnHalves} {
			b.Run(fmt.Sprintf("%s/%s", set, name), func(b *testing.B) {
				c := ropeCase(1, 32, n/64, 0)
				for i := range 32 {
					c.memory[1][i], c.memory[2][i] = 0.6, 0.8
				}
				for b.Loop() {
					f(&c.rowArgs)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
			})
		}
	}
}
