package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/quant"
)

// natives are the implementations to hold against the generic one. A machine with
// AVX2 must have one, so that coverage never disappears silently.
func natives(t testing.TB) []*Set {
	f := cpu.Detect()
	sets := Sets(f)[1:]
	if len(sets) == 0 {
		if f.AVX2 && f.F16C {
			t.Fatal("this machine has AVX2 but no native set")
		}
		t.Skip("no native kernels on this machine")
	}
	return sets
}

func normals(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// matrix is rows x cols random weights stored as k: normal ones for the float kinds,
// any blocks for the others.
func matrix(t testing.TB, r *rand.Rand, k Kind, rows, cols int) Rows {
	data := make([]byte, k.RowBytes(cols)*rows)
	if k.Integer() {
		randomBlocks(r, k, data)
	} else {
		format(t, k).Quantize(data, normals(r, rows*cols))
	}
	return NewRows(k, cols, data)
}

func format(t testing.TB, k Kind) quant.Format {
	f, err := quant.ByName(k.String())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// values are the weights as floats.
func values(t testing.TB, m Rows) []float32 {
	x := make([]float32, m.Count()*m.Cols)
	format(t, m.Kind).Dequantize(x, m.Data)
	return x
}

func batch(r *rand.Rand, rows, cols int) *Batch {
	b := &Batch{}
	b.Reset(rows, cols)
	copy(b.X, normals(r, rows*cols))
	if cols%blockElems == 0 {
		b.Reserve()
		generic.QuantizeRows(new(Worker), b, 0, rows)
	}
	return b
}

func shapes(k Kind) (cols []int) {
	switch {
	case layouts[k].elems == superElems:
		return []int{256, 512, 2304} // of the last, a panel does not hold a group
	case k.Integer():
		return []int{32, 64, 96, 256, 576, 1856}
	}
	return []int{1, 7, 8, 9, 16, 31, 32, 64, 255, 256, 264, 576}
}

func TestDotAgreesWithTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for k := range kinds {
		for _, cols := range shapes(k) {
			for _, rows := range []int{1, 2, 3, 4, 5, 7, 8, 9, 33} {
				m := matrix(t, r, k, rows, cols)
				weights := values(t, m)
				x := batch(r, 1, cols)
				got := make([]float32, rows)
				generic.Dot(new(Worker), m, 0, x.Vec(0, 0, cols, k.Integer()), got)
				for i := range got {
					want, size := 0.0, 0.0
					for c, v := range weights[i*cols : (i+1)*cols] {
						product := float64(v) * x.value(k, c)
						want += product
						size += math.Abs(product)
					}
					if math.Abs(float64(got[i])-want) > 1e-6*size+1e-6 {
						t.Fatalf("%v %dx%d row %d: %g, want %g", k, rows, cols, i, got[i], want)
					}
				}
			}
		}
	}
}

// value is what column c of the first row means to a dot of the kind.
func (b *Batch) value(k Kind, c int) float64 {
	if k.Integer() {
		return float64(b.d[c/blockElems]) * float64(b.q[c])
	}
	return float64(b.X[c])
}

func TestDotIsTheSameInEverySet(t *testing.T) {
	for _, s := range natives(t) {
		for k := range kinds {
			t.Run(fmt.Sprint(s.Name, "/", k), func(t *testing.T) {
				r := rand.New(rand.NewPCG(3, uint64(k)))
				for _, cols := range shapes(k) {
					for _, rows := range []int{1, 3, 4, 5, 6, 7, 8, 12, 31, 64} {
						m := matrix(t, r, k, rows, cols)
						x := batch(r, 2, cols)
						for row := range 2 {
							sameDot(t, s, m, x.Vec(row, 0, cols, k.Integer()), rows)
						}
					}
				}
			})
		}
	}
}

func sameDot(t *testing.T, s *Set, m Rows, x Vec, rows int) {
	t.Helper()
	want, got := make([]float32, rows), make([]float32, rows)
	generic.Dot(new(Worker), m, 0, x, want)
	s.Dot(new(Worker), m, 0, x, got)
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
			t.Fatalf("%d rows of %d: row %d is %g, generic %g", rows, m.Cols, i, got[i], want[i])
		}
	}
}

// A batch gives the bits of its rows one by one, which are those of the generic dot,
// for every number of rows, of weight rows, and for parts of the outputs.
func TestMulIsDotRowByRow(t *testing.T) {
	for _, s := range Sets(cpu.Detect()) {
		for k := range kinds {
			t.Run(fmt.Sprint(s.Name, "/", k), func(t *testing.T) {
				r := rand.New(rand.NewPCG(4, uint64(k)))
				for _, cols := range shapes(k) {
					for _, rows := range []int{1, 3, 4, 7, 8, 9, 15, 16, 17, 40, 67} {
						m := matrix(t, r, k, rows, cols)
						for n := range 10 {
							sameMul(t, s, m, batch(r, n, cols), 0, rows)
						}
						sameMul(t, s, m, batch(r, 3, cols), rows/3, rows-rows/4)
					}
				}
			})
		}
	}
}

// sameMul holds columns [lo, hi) of a product against generic dots; the others stay.
func sameMul(t *testing.T, s *Set, m Rows, x *Batch, lo, hi int) {
	t.Helper()
	const untouched = 1e9
	dst, want := &Batch{}, make([]float32, hi-lo)
	dst.Reset(x.Rows, m.Count())
	copy(dst.X, fill(len(dst.X), untouched))
	s.Mul(new(Worker), m, x, dst, lo, hi)
	for r := range x.Rows {
		generic.Dot(new(Worker), m, lo, x.Vec(r, 0, m.Cols, m.Kind.Integer()), want)
		for i, got := range dst.Row(r) {
			expected := float32(untouched)
			if i >= lo && i < hi {
				expected = want[i-lo]
			}
			if math.Float32bits(got) != math.Float32bits(expected) {
				t.Fatalf("%d rows times %dx%d, outputs [%d, %d): row %d output %d is %g, want %g",
					x.Rows, m.Count(), m.Cols, lo, hi, r, i, got, expected)
			}
		}
	}
}

func TestDotOfExtremes(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, s := range Sets(cpu.Detect()) {
		for name, x := range map[string][]float32{
			"zero": make([]float32, 64), "denormal": fill(64, 1e-42), "large": fill(64, 1e30), "infinite": fill(64, inf),
		} {
			w := fill(64*4, 1)
			data := make([]byte, 64*4*4)
			f, _ := quant.ByName("F32")
			f.Quantize(data, w)
			b := &Batch{}
			b.Reset(1, 64)
			copy(b.X, x)
			sameDot(t, s, NewRows(F32, 64, data), b.Vec(0, 0, 64, false), 4)
			b.Reserve()
			if name != "infinite" { // not representable in integer blocks
				generic.QuantizeRows(new(Worker), b, 0, 1)
				f, _ = quant.ByName("Q8_0")
				data = make([]byte, f.RowBytes(64)*4)
				f.Quantize(data, fill(64*4, -127))
				sameDot(t, s, NewRows(Q8_0, 64, data), b.Vec(0, 0, 64, true), 4)
			}
		}
	}
}

func fill(n int, v float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = v
	}
	return x
}

// Fifteen everywhere, with activations of either sign, is where the word sums of
// nibbles are largest.
func TestNibbleSumsDoNotSaturate(t *testing.T) {
	for _, s := range Sets(cpu.Detect()) {
		for k, size := range map[Kind]int{Q4_0: 18, Q4_1: 20} {
			for _, x := range []float32{127, -127} {
				data := make([]byte, size*16)
				for i := range data {
					data[i] = 0xff
				}
				for r := range 16 { // scale 1, offset 0
					clear(data[size*r : size*(r+1)-16])
					data[size*r+1] = 0x3c
				}
				b := &Batch{}
				b.Reset(7, 32)
				copy(b.X, fill(7*32, x))
				b.Reserve()
				generic.QuantizeRows(new(Worker), b, 0, 7)
				want, got := 32*15*x, make([]float32, 16)
				if k == Q4_0 {
					want = 32 * 7 * x
				}
				s.Dot(new(Worker), NewRows(k, 32, data), 0, b.Vec(0, 0, 32, true), got)
				if got[0] != want || got[15] != want {
					t.Errorf("%s %v: %v, want %g", s.Name, k, got, want)
				}
				sameMul(t, s, NewRows(k, 32, data), b, 0, 16)
			}
		}
	}
}

// Full-scale weights and activations are where 16-bit sums would overflow.
func TestIntegerSumsDoNotSaturate(t *testing.T) {
	for _, s := range Sets(cpu.Detect()) {
		for _, w := range []int8{-128, 127} {
			data := make([]byte, 34*16)
			for r := range 16 {
				data[34*r+1] = 0x3c // scale 1
				for i := range 32 {
					data[34*r+2+i] = byte(w)
				}
			}
			b := &Batch{}
			b.Reset(7, 32) // all widths of tiles
			copy(b.X, fill(7*32, -127))
			b.Reserve()
			generic.QuantizeRows(new(Worker), b, 0, 7)
			got := make([]float32, 16)
			s.Dot(new(Worker), NewRows(Q8_0, 32, data), 0, b.Vec(0, 0, 32, true), got)
			if want := float32(32 * -127 * int(w)); got[0] != want || got[15] != want {
				t.Errorf("%s: %v, want %g", s.Name, got, want)
			}
			sameMul(t, s, NewRows(Q8_0, 32, data), b, 0, 16)
		}
	}
}

func TestSumIsTheSameInEverySet(t *testing.T) {
	for _, s := range natives(t) {
		for _, k := range []Kind{F32, BF16, Q8_0} {
			r := rand.New(rand.NewPCG(5, uint64(k)))
			for _, cols := range []int{32, 64, 96, 128} {
				for _, rows := range []int{1, 2, 5, 16, 33} {
					v := matrix(t, r, k, rows, cols)
					p, want := normals(r, rows), normals(r, cols)
					got := append([]float32(nil), want...)
					generic.Sum(new(Worker), v, 0, p, want)
					s.Sum(new(Worker), v, 0, p, got)
					for i := range want {
						if want[i] != got[i] {
							t.Fatalf("%s %v %dx%d column %d: %g, generic %g", s.Name, k, rows, cols, i, got[i], want[i])
						}
					}
				}
			}
		}
	}
}

// Adding positions in one call or in several is the same: attention over blocks
// does not depend on the block size.
func TestSumDoesNotDependOnItsSplit(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, s := range Sets(cpu.Detect()) {
		for _, k := range []Kind{F32, BF16, Q8_0} {
			v := matrix(t, r, k, 40, 64)
			weights := values(t, v)
			p := normals(r, 40)
			whole, parts := make([]float32, 64), make([]float32, 64)
			s.Sum(new(Worker), v, 0, p, whole)
			for from := 0; from < 40; from += 8 {
				s.Sum(new(Worker), v, from, p[from:from+8], parts)
			}
			for i := range whole {
				want := 0.0
				for j := range p {
					want += float64(p[j]) * float64(weights[j*64+i])
				}
				if whole[i] != parts[i] || math.Abs(float64(whole[i])-want) > 1e-4 {
					t.Fatalf("%s %v column %d: whole %g, in parts %g, want about %g", s.Name, k, i, whole[i], parts[i], want)
				}
			}
		}
	}
}

func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s of %d: element %d is %g, generic %g", what, len(want), i, got[i], want[i])
		}
	}
}

func TestSelect(t *testing.T) {
	none := cpu.Features{}
	if s, err := Select("auto", none); err != nil || s != generic {
		t.Errorf("a machine without features got %v, %v", s, err)
	}
	if _, err := Select("avx2", none); err == nil {
		t.Error("avx2 was selected on a machine without it")
	}
	if _, err := Select("abacus", cpu.Detect()); err == nil {
		t.Error("an unknown kernel was selected")
	}
	if got := Sets(cpu.Features{AVX2: true}); len(got) != 1 {
		t.Errorf("AVX2 without F16C gives %d sets, want the generic one only", len(got))
	}
	f := cpu.Detect()
	f.AVX512VNNI = false
	if s, err := Select("auto", f); err != nil || s.Name == "avx512" {
		t.Errorf("a machine without VNNI got %v, %v", s, err)
	}
}

func TestProductsAllocateNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	x, w, out := batch(r, 1, 256), new(Worker), make([]float32, 21)
	many, dst := batch(r, 5, 256), batch(r, 5, 32)
	for _, s := range Sets(cpu.Detect()) {
		for k := range kinds {
			m := matrix(t, r, k, 21, 256)
			if n := testing.AllocsPerRun(10, func() { s.Dot(w, m, 0, x.Vec(0, 0, 256, true), out) }); n != 0 {
				t.Errorf("%s: Dot of %v allocates %v times", s.Name, k, n)
			}
			if n := testing.AllocsPerRun(10, func() { s.Mul(w, m, many, dst, 0, 21) }); n != 0 {
				t.Errorf("%s: Mul of %v allocates %v times", s.Name, k, n)
			}
		}
	}
}
