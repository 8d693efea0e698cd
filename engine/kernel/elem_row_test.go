package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

func normalRow(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// What is quantized as it is made is what would be made first and quantized then, whatever
// the set, the strip and the place in it.
func TestFusedQuantizationIsTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, s := range Sets(cpu.Detect()) {
		for _, cols := range []int{32, 160, 576, 1024, 1024 + 96, 3072} {
			for _, rows := range []int{1, 3, 17} {
				x, y, weight := normalRow(r, cols), normalRow(r, cols), normalRow(r, cols)
				for name, f := range map[string]struct {
					plain func(w *Worker, dst, x []float32)
					fused func(w *Worker, b *Batch, row int, x []float32, keep bool)
				}{
					"norm": {
						func(w *Worker, dst, x []float32) { generic.RMSNorm(w, dst, x, weight, 1e-5) },
						func(w *Worker, b *Batch, row int, x []float32, keep bool) {
							s.NormQuantize(w, b, row, x, nil, weight, 1e-5, keep)
						},
					},
					"add and norm": {
						func(w *Worker, dst, x []float32) { generic.Add(w, x, y); generic.RMSNorm(w, dst, x, weight, 1e-5) },
						func(w *Worker, b *Batch, row int, x []float32, keep bool) {
							s.NormQuantize(w, b, row, x, y, weight, 1e-5, keep)
						},
					},
					"silu": {
						func(w *Worker, dst, x []float32) { generic.SiLUMul(w, dst, x, y) },
						func(w *Worker, b *Batch, row int, x []float32, keep bool) { s.SiLUQuantize(w, b, row, x, y, keep) },
					},
					"gelu": {
						func(w *Worker, dst, x []float32) { generic.GELUMul(w, dst, x, y) },
						func(w *Worker, b *Batch, row int, x []float32, keep bool) { s.GELUQuantize(w, b, row, x, y, keep) },
					},
				} {
					for _, keep := range []bool{false, true} {
						want, got, w := &Batch{}, &Batch{}, new(Worker)
						for _, b := range []*Batch{want, got} {
							b.Reset(rows, cols)
							b.Reserve()
						}
						for row := range rows {
							a, b := slices.Clone(x), slices.Clone(x)
							f.plain(w, want.Row(row), a)
							f.fused(w, got, row, b, keep)
							if !slices.Equal(a, b) {
								t.Fatalf("%s %s: x differs", s.Name, name)
							}
						}
						generic.QuantizeRows(w, want, 0, rows)
						if keep && !slices.Equal(got.X, want.X) {
							t.Fatalf("%s %s %dx%d: floats differ", s.Name, name, rows, cols)
						}
						if !slices.Equal(got.q[:rows*cols], want.q[:rows*cols]) || !slices.Equal(got.d, want.d) || !slices.Equal(got.s, want.s) ||
							!slices.Equal(got.t, want.t) || !slices.Equal(got.h, want.h) {
							t.Fatalf("%s %s %dx%d: the quantized forms differ", s.Name, name, rows, cols)
						}
					}
				}
			}
		}
	}
}

func TestRowFunctionsAllocateNothing(t *testing.T) {
	r, w, b := rand.New(rand.NewPCG(6, 6)), new(Worker), &Batch{}
	b.Reset(2, 1568)
	b.Reserve()
	x, y := normalRow(r, b.Cols), normalRow(r, b.Cols)
	for _, s := range Sets(cpu.Detect()) {
		if n := testing.AllocsPerRun(3, func() {
			s.NormQuantize(w, b, 1, x, y, y, 1e-5, false)
			s.SiLUQuantize(w, b, 1, x, y, true)
			s.GELUQuantize(w, b, 1, x, y, true)
			s.RMSNorm(w, b.Row(0), x, y, 1e-5)
			s.AddNorm(w, b.Row(0), x, y, y, 1e-5)
			s.SiLUMul(w, b.Row(0), x, y)
			s.Softmax(w, b.Row(0))
			s.Add(w, b.Row(0), y)
			s.Scale(w, b.Row(0), 2)
			s.RopePairs(w, b.Row(0), x[:16], y[:16], 32)
			s.RopeHalves(w, b.Row(0), x[:16], y[:16], 32)
			s.QuantizeRows(w, b, 0, 2)
		}); n != 0 {
			t.Errorf("%s: %v allocations", s.Name, n)
		}
	}
}

func TestSoftmaxKnownAnswer(t *testing.T) {
	for _, s := range Sets(cpu.Detect()) {
		x := slices.Repeat([]float32{float32(math.Inf(-1))}, 70)
		x[3], x[40], x[69] = 1000, 1001, 999
		s.Softmax(new(Worker), x)
		want := map[int]float64{3: 0.24472847, 40: 0.66524096, 69: 0.09003057} // e^(x-1001) over their sum
		for i := range x {
			if math.Abs(float64(x[i])-want[i]) > 1e-7 {
				t.Errorf("%s: softmax[%d] = %g, want %g", s.Name, i, x[i], want[i])
			}
		}
	}
}

func TestRMSNormKnownAnswer(t *testing.T) {
	dst := make([]float32, 5)
	generic.RMSNorm(new(Worker), dst, []float32{1, 2, 3, 4, 5}, []float32{1, 1, 1, 2, 1}, 0)
	for i, want := range []float64{0.30151134, 0.60302269, 0.90453403, 2.41209076, 1.50755672} { // x / sqrt(11)
		if math.Abs(float64(dst[i])-want) > 1e-6 {
			t.Errorf("element %d: %g, want %g", i, dst[i], want)
		}
	}
	x, y := []float32{0, 1, 2, 3, 4}, []float32{1, 1, 1, 1, 1}
	generic.AddNorm(new(Worker), dst, x, y, y, 0)
	if x[4] != 5 || math.Abs(float64(dst[0])-0.30151134) > 1e-6 {
		t.Errorf("after adding: x %v, dst %v", x, dst)
	}
}
