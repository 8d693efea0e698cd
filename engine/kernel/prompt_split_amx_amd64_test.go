package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/quant"
)

// splitParts are the two parts of an activation: its upper half, and what that leaves, rounded
// away from zero where it lies in the middle.
func splitParts(x float32) [2]float32 {
	high := math.Float32frombits(math.Float32bits(x) &^ 0xffff)
	low := math.Float32frombits((math.Float32bits(x-high) + 0x8000) &^ 0xffff)
	return [2]float32{flushed(high), flushed(low)}
}

// weightParts are those of a weight of 16 bits.
func weightParts(k Kind, bits uint16) [2]float32 {
	if k == BF16 {
		return [2]float32{flushed(quant.BF16ToF32(bits))}
	}
	x := quant.F16ToF32(bits)
	high := roundBF16(x)
	return [2]float32{high, roundBF16(x - high)}
}

// flushed is x, and 0 where tile registers take it for that.
func flushed(x float32) float32 {
	if math.Abs(float64(x)) < 0x1p-126 {
		return 0
	}
	return x
}

// splitDot is the product of a row of weights with x as tile registers sum it: of columns that
// fit the first cache, one product of parts after the other.
func splitDot(k Kind, w []uint16, x []float32) (sum float32) {
	pieces := (len(w)/blockElems + promptBlocks - 1) / promptBlocks
	size := (len(w)/blockElems + pieces - 1) / pieces * blockElems
	for from := 0; from < len(w); from += size {
		to := min(len(w), from+size)
		for _, t := range terms[k] {
			for at := from; at < to; at += blockElems {
				var parts [2]float32
				for c := range blockElems {
					parts[c%2] = fma32(weightParts(k, w[at+c])[t.w], splitParts(x[at+c])[t.x], parts[c%2])
				}
				sum += parts[0] + parts[1]
			}
		}
	}
	return sum
}

// splitBatch is promptBatch for weights of 16 bits.
func splitBatch(r *rand.Rand, rows, prompt, cols int) *Batch {
	b := promptBatch(r, amx, rows, prompt, cols)
	b.ReserveSplit()
	amx.SplitRows(new(Worker), b, 0, rows)
	return b
}

// Rows of prompts are what products of their parts are, and others what they are without them.
func TestSplitPromptsAMX(t *testing.T) {
	needsAMX(t)
	for _, k := range []Kind{F16, BF16} {
		t.Run(k.String(), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(57, uint64(k)))
			for _, prompt := range []int{1, 2, 15, 16, 17, 31, 32, 33, 48, 65} {
				cols, outputs := 32*(1+r.IntN(50)), 1+r.IntN(70)
				sameSplit(t, weights(r, k, outputs, cols), splitBatch(r, prompt+r.IntN(4), prompt, cols), prompt)
			}
			for _, cols := range []int{32 * promptBlocks, 32*promptBlocks + 32, 64 * promptBlocks} {
				sameSplit(t, weights(r, k, 16*20, cols), splitBatch(r, 20, 20, cols), 20)
			}
		})
	}
}

func sameSplit(t *testing.T, m Rows, x *Batch, prompt int) {
	t.Helper()
	p, dst, w := packed(m), &Batch{}, new(Worker)
	dst.Reset(x.Rows, m.Count())
	copy(dst.X, fill(len(dst.X), untouched))
	amx.Mul(w, p, x, dst, 0, p.Groups()/2)
	amx.Mul(w, p, x, dst, p.Groups()/2, p.Groups())
	want := new(Batch)
	want.Reset(x.Rows, m.Count())
	plain := Batch{Rows: x.Rows, Cols: x.Cols, X: x.X}
	generic.Mul(w, p, &plain, want, 0, p.Groups())
	for i := range m.Count() {
		row := view[uint16](m.Data[i*m.Stride:][:2*m.Cols])
		for r := range x.Rows {
			got, exact := dst.Row(r)[i], want.Row(r)[i]
			if r < prompt {
				if s := splitDot(m.Kind, row, x.Row(r)); got != s {
					t.Fatalf("%v %dx%d, %d rows: row %d output %d is %g, want %g", m.Kind, m.Count(), m.Cols, x.Rows, r, i, got, s)
				}
			} else if got != exact {
				t.Fatalf("%v, row %d behind a prompt, output %d is %g, want %g", m.Kind, r, i, got, exact)
			}
			if off := math.Abs(float64(got - exact)); off > 1e-5*scaleOf(row, m.Kind, x.Row(r)) {
				t.Fatalf("%v %d columns: row %d output %d is %g, by float chains %g", m.Kind, m.Cols, r, i, got, exact)
			}
		}
	}
}

// scaleOf is the sum of the sizes of what is summed up in a product.
func scaleOf(w []uint16, k Kind, x []float32) (sum float64) {
	for c, bits := range w {
		parts := weightParts(k, bits)
		sum += math.Abs(float64((parts[0] + parts[1]) * x[c]))
	}
	return sum
}

// Sizes that tile registers cannot take are left to the float chains.
func TestUnsplittableColumnsAMX(t *testing.T) {
	needsAMX(t)
	r := rand.New(rand.NewPCG(58, 1))
	for k, want := range map[Kind]bool{F32: false, F16: true, BF16: true, Q8_0: false} {
		if got := amx.Splits(k, 64); got != want || amx.Splits(k, 80) || avx512.Splits(k, 64) {
			t.Errorf("%v: split %v, want %v; of 80 columns, or without tiles: never", k, got, want)
		}
	}
	m := packed(weights(r, BF16, 40, 80))
	x, got, want := &Batch{Rows: 20, Cols: 80, X: normals(r, 20*80), prompt: 20}, new(Batch), new(Batch)
	got.Reset(20, 40)
	want.Reset(20, 40)
	amx.Mul(new(Worker), m, x, got, 0, m.Groups())
	generic.Mul(new(Worker), m, x, want, 0, m.Groups())
	sameFloats(t, "80 columns", got.X, want.X)
}

func TestSplitPromptsAllocateNothingAMX(t *testing.T) {
	needsAMX(t)
	r := rand.New(rand.NewPCG(59, 1))
	for _, k := range []Kind{F16, BF16} {
		m, w := packed(weights(r, k, 37, 256)), new(Worker)
		x, dst := splitBatch(r, 50, 45, 256), new(Batch)
		dst.Reset(50, 37)
		if n := testing.AllocsPerRun(3, func() {
			amx.SplitRows(w, x, 0, 50)
			amx.Mul(w, m, x, dst, 0, m.Groups())
		}); n != 0 {
			t.Errorf("%v: %v allocations", k, n)
		}
	}
}

// BenchmarkSplitPromptsAMX is the speed of weights of 16 bits, as prompts and by float chains.
func BenchmarkSplitPromptsAMX(b *testing.B) {
	needsAMX(b)
	for _, k := range []Kind{F16, BF16} {
		for _, shape := range [][3]int{{512, 576, 1536}, {512, 1536, 576}, {512, 2048, 2048}, {16, 1536, 576}} {
			for _, prompt := range []int{shape[0], 0} {
				rows, cols, outputs := shape[0], shape[1], shape[2]
				b.Run(fmt.Sprintf("%v/%dx%dx%d/prompt=%v", k, rows, cols, outputs, prompt > 0), func(b *testing.B) {
					r := rand.New(rand.NewPCG(55, 1))
					m, w := packed(weights(r, k, outputs, cols)), new(Worker)
					x, dst := splitBatch(r, rows, prompt, cols), new(Batch)
					dst.Reset(rows, outputs)
					for b.Loop() {
						amx.Mul(w, m, x, dst, 0, m.Groups())
					}
					b.ReportMetric(float64(rows*outputs*cols*b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
				})
			}
		}
	}
}
