package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/quant"
)

// roundBF16 is x in bfloat16, denormal numbers taken as 0.
func roundBF16(x float32) float32 {
	if math.Abs(float64(x)) < 0x1p-126 {
		return 0
	}
	return quant.BF16ToF32(quant.F32ToBF16(x))
}

// promptWeights are row i of m in bfloat16, from the file's rows.
func promptWeights(m Rows, i int) []float32 {
	w := m.Data[i*m.Stride:][:m.Kind.RowBytes(m.Cols)]
	var u unpacked
	var all []float32
	l := &layouts[m.Kind]
	for at := 0; at < m.Cols; at += l.elems {
		unpackers[m.Kind](&u, w[at/l.elems*l.bytes:])
		for c := range l.elems {
			scale, add := u.scale[c/blockElems], float32(0)
			if l.extra >= subScales {
				scale *= float32(u.sub[c/16])
			}
			switch l.extra {
			case offsets:
				add = u.offset[c/blockElems]
			case minimums:
				add = -(u.offset[c/blockElems] * float32(u.min[c/16]))
			}
			all = append(all, roundBF16(fma32(float32(int8(u.codes[c])), scale, add)))
		}
	}
	return all
}

// promptDot is the product of two rows in bfloat16 as tile registers sum it.
func promptDot(w, x []float32) (sum float32) {
	for at := 0; at < len(w); at += blockElems {
		var parts [2]float32
		for c := range blockElems {
			parts[c%2] = fma32(w[at+c], roundBF16(x[at+c]), parts[c%2])
		}
		sum += parts[0] + parts[1]
	}
	return sum
}

// promptBatch is rows of which the first are a prompt's.
func promptBatch(r *rand.Rand, s *Set, rows, prompt, cols int) *Batch {
	b := &Batch{}
	b.Reset(rows, cols)
	copy(b.X, normals(r, rows*cols))
	b.ReservePrompt(prompt)
	s.QuantizeRows(new(Worker), b, 0, rows)
	return b
}

// Rows of prompts are what bfloat16 arithmetic makes of them, and rows behind them what they
// are without them.
func TestPromptsAMX(t *testing.T) {
	needsAMX(t)
	for k := Q8_0; k < kinds; k++ {
		t.Run(k.String(), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(51, uint64(k)))
			cols := shapes(k)
			for _, prompt := range []int{1, 2, 15, 16, 17, 31, 32, 33, 47, 64, 65, 80} {
				for _, rest := range []int{0, 1, 5, 20}[r.IntN(2):][:2] {
					n, outputs := cols[r.IntN(len(cols))], 1+r.IntN(70)
					samePrompt(t, weights(r, k, outputs, n), promptBatch(r, amx, prompt+rest, prompt, n), prompt)
				}
			}
			samePrompt(t, weights(r, k, 16*20, 256), promptBatch(r, amx, 40, 40, 256), 40)
			long := 2*Group*promptPairs + 40 // more than one call takes
			samePrompt(t, weights(r, k, 18, cols[0]), promptBatch(r, amx, long, long, cols[0]), long)
		})
	}
}

// tiny is what sums of weights whose scales count as 0 may be.
const tiny = 1e-28

func samePrompt(t *testing.T, m Rows, x *Batch, prompt int) {
	t.Helper()
	p, dst, w := packed(m), &Batch{}, new(Worker)
	dst.Reset(x.Rows, m.Count())
	copy(dst.X, fill(len(dst.X), untouched))
	amx.Mul(w, p, x, dst, 0, p.Groups()/2)
	amx.Mul(w, p, x, dst, p.Groups()/2, p.Groups())
	rest := &Batch{}
	rest.Reset(x.Rows-prompt, m.Cols)
	copy(rest.X, x.X[prompt*m.Cols:])
	rest.Reserve()
	amx.QuantizeRows(w, rest, 0, rest.Rows)
	for i := range m.Count() {
		row := promptWeights(m, i)
		for r := range x.Rows {
			got, want := dst.Row(r)[i], float32(0)
			if r < prompt {
				want = promptDot(row, x.Row(r))
			} else {
				want = definition(m, i, rest, r-prompt)
			}
			if number(float64(got)) != number(float64(want)) && !(math.Abs(float64(got-want)) < tiny) {
				t.Fatalf("%v %dx%d, %d rows of a prompt of %d: row %d output %d is %g, want %g", m.Kind, m.Count(), m.Cols, prompt, x.Rows, r, i, got, want)
			}
		}
	}
}

// What a row gives depends on no other row.
func TestPromptRowsAreAloneAMX(t *testing.T) {
	needsAMX(t)
	r := rand.New(rand.NewPCG(52, 1))
	const cols, outputs = 1536, 100
	m := packed(weights(r, Q4_K, outputs, cols))
	x, w := promptBatch(r, amx, 100, 100, cols), new(Worker)
	want := new(Batch)
	want.Reset(x.Rows, outputs)
	amx.Mul(w, m, x, want, 0, m.Groups())
	for range 20 {
		from := r.IntN(x.Rows)
		n := 1 + r.IntN(x.Rows-from)
		some, got := new(Batch), new(Batch)
		some.Reset(n, cols)
		copy(some.X, x.X[from*cols:])
		some.ReservePrompt(n)
		amx.QuantizeRows(w, some, 0, n)
		got.Reset(n, outputs)
		amx.Mul(w, m, some, got, 0, m.Groups())
		sameFloats(t, fmt.Sprint("rows from ", from), got.X, want.X[from*outputs:(from+n)*outputs])
	}
}

// Activations that are no numbers stay in their rows.
func TestPromptsOfExtremesAMX(t *testing.T) {
	needsAMX(t)
	r := rand.New(rand.NewPCG(53, 1))
	m, w := packed(weights(r, Q8_0, 40, 64)), new(Worker)
	x, got, want := promptBatch(r, amx, 40, 40, 64), new(Batch), new(Batch)
	got.Reset(40, 40)
	want.Reset(40, 40)
	amx.Mul(w, m, x, want, 0, m.Groups())
	for _, v := range []float32{float32(math.NaN()), float32(math.Inf(1)), 1e38, 1e-42} {
		copy(x.Row(17), fill(64, v))
		amx.QuantizeRows(w, x, 0, 40)
		amx.Mul(w, m, x, got, 0, m.Groups())
		sameFloats(t, fmt.Sprint("before ", v), got.X[:17*40], want.X[:17*40])
		sameFloats(t, fmt.Sprint("behind ", v), got.X[18*40:], want.X[18*40:])
		if sum := got.Row(17)[0]; v < 1 && sum != 0 || v > 1e38 && !math.IsInf(float64(sum), 0) && sum == sum {
			t.Errorf("a row of %g gives %g", v, sum)
		}
	}
}

func TestPromptsAllocateNothingAMX(t *testing.T) {
	needsAMX(t)
	r := rand.New(rand.NewPCG(54, 1))
	for k := Q8_0; k < kinds; k++ {
		m, w := packed(weights(r, k, 37, 256)), new(Worker)
		x, dst := promptBatch(r, amx, 50, 45, 256), new(Batch)
		dst.Reset(50, 37)
		if n := testing.AllocsPerRun(3, func() {
			amx.QuantizeRows(w, x, 0, 50)
			amx.Mul(w, m, x, dst, 0, m.Groups())
		}); n != 0 {
			t.Errorf("%v: %v allocations", k, n)
		}
	}
}

// BenchmarkPromptsAMX is the speed of both classes of arithmetic.
func BenchmarkPromptsAMX(b *testing.B) {
	needsAMX(b)
	shapes := [][3]int{{512, 576, 1536}, {512, 1536, 576}, {128, 1536, 576}, {512, 2048, 2048}, {512, 2048, 8192}, {512, 8192, 2048}, {16, 1536, 576}}
	for _, k := range []Kind{Q8_0, Q4_0, Q4_K, Q6_K} {
		for _, shape := range shapes {
			rows, cols, outputs := shape[0], shape[1], shape[2]
			if !slices.Contains([]Kind{Q8_0, Q4_0}, k) && cols%256 != 0 {
				continue
			}
			b.Run(fmt.Sprintf("%v/%dx%dx%d/prompt", k, rows, cols, outputs), func(b *testing.B) { benchmarkPrompts(b, k, rows, rows, cols, outputs) })
			b.Run(fmt.Sprintf("%v/%dx%dx%d/generated", k, rows, cols, outputs), func(b *testing.B) { benchmarkPrompts(b, k, rows, 0, cols, outputs) })
		}
	}
}

func benchmarkPrompts(b *testing.B, k Kind, rows, prompt, cols, outputs int) {
	r := rand.New(rand.NewPCG(55, 1))
	m, w := packed(weights(r, k, outputs, cols)), new(Worker)
	x, dst := promptBatch(r, amx, rows, prompt, cols), new(Batch)
	dst.Reset(rows, outputs)
	for b.Loop() {
		amx.Mul(w, m, x, dst, 0, m.Groups())
	}
	b.ReportMetric(float64(rows*outputs*cols*b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
}

// Activations that are made at once are those that are made one after another.
func TestGatesAMX(t *testing.T) {
	needsAMX(t)
	r := rand.New(rand.NewPCG(56, 1))
	for _, kinds := range [][2]Kind{{Q8_0, Q8_0}, {Q4_K, Q6_K}, {Q5_0, Q4_K}, {Q2_K, Q8_0}} {
		for _, prompt := range []int{1, 16, 31, 50, 64} {
			for _, gelu := range []bool{false, true} {
				cols, outputs := []int{256, 768}[r.IntN(2)], 32*(1+r.IntN(11))
				gate, up := packed(weights(r, kinds[0], outputs, cols)), packed(weights(r, kinds[1], outputs, cols))
				x := promptBatch(r, amx, prompt, prompt, cols)
				want, got := gates(x, gate, up, gelu), new(Batch)
				got.Reset(prompt, outputs)
				got.ReservePrompt(prompt)
				w, split := new(Worker), 1+r.IntN(gate.Groups()-1)
				amx.MulGate(w, gate, up, x, got, gelu, 0, split)
				amx.MulGate(w, gate, up, x, got, gelu, split, gate.Groups())
				for row := range prompt {
					for c := range outputs {
						at := (row/Group*Group*outputs + row%Group*blockElems) + c/blockElems*Group*blockElems + c%blockElems
						if number(float64(quant.BF16ToF32(got.wide[at]))) != number(float64(quant.BF16ToF32(want.wide[at]))) {
							t.Fatalf("%v, %d rows, row %d column %d: %#x, want %#x", kinds, prompt, row, c, got.wide[at], want.wide[at])
						}
					}
				}
			}
		}
	}
}

func gates(x *Batch, gate, up *Matrix, gelu bool) *Batch {
	var a, b, act Batch
	w := new(Worker)
	for _, m := range []struct {
		m   *Matrix
		dst *Batch
	}{{gate, &a}, {up, &b}} {
		m.dst.Reset(x.Rows, m.m.Rows)
		amx.Mul(w, m.m, x, m.dst, 0, m.m.Groups())
	}
	act.Reset(x.Rows, gate.Rows)
	act.ReservePrompt(x.Rows)
	for r := range x.Rows {
		if gelu {
			amx.GELUQuantize(w, &act, r, a.Row(r), b.Row(r), false)
		} else {
			amx.SiLUQuantize(w, &act, r, a.Row(r), b.Row(r), false)
		}
	}
	return &act
}
