package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// needsAVX2 skips the test where the instructions do not run.
func needsAVX2(t *testing.T) {
	if f := cpu.Detect(); !f.AVX2 || !f.FMA || !f.F16C {
		t.Skip("this machine lacks AVX2, FMA or F16C")
	}
}

// walled is a copy of x that ends where a page without access begins.
func walled[T any](x []T) []T {
	size := int(unsafe.Sizeof(*new(T)))
	mem := guardedBytes(len(x) * size)
	y := unsafe.Slice((*T)(unsafe.Pointer(&mem[0])), len(x))
	copy(y, x)
	return y
}

// sameFloats holds results against those of a Go function, bit for bit, but for what NaN
// they are.
func sameFloats(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if number(float64(got[i])) != number(float64(want[i])) {
			t.Fatalf("%s: number %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

// lineOf has a lone row's line take all groups of m, whose numbers and codes lie apart.
func lineOf(m *Matrix, x *Batch) *lineArgs {
	v := x.strip(0)
	q, d, t, s, h := walled(v.q), walled(v.d), walled(v.t), walled(v.s), walled(v.h)
	numbers := walled(m.data[:m.codes+(m.Groups()-1)*m.group])
	if m.Groups() == 1 {
		numbers = walled(m.data[:m.Cols/layouts[m.Kind].elems*layouts[m.Kind].numbers])
	}
	return &lineArgs{
		numbers: unsafe.Pointer(&numbers[0]), codes: m.codesOf(0, 0), n: m.Cols / blockElems, groups: m.Groups(),
		step: uintptr(m.group), q: &q[0], d: &d[0], t: &t[0], s: &s[0], h: &h[0],
	}
}

func sameLine(t *testing.T, k Kind, run func(*lineArgs), m *Matrix, x *Batch) {
	t.Helper()
	a := lineOf(m, x)
	got, want := walled(fill(m.Groups()*Group, untouched)), make([]float32, m.Groups()*Group)
	a.out = &got[0]
	before := *a
	run(a)
	if *a != before {
		t.Fatalf("%v: the arguments were written to", k)
	}
	a.out = &want[0]
	lineGeneric(k)(a)
	sameFloats(t, fmt.Sprintf("%v, %d groups of %d columns", k, m.Groups(), m.Cols), got, want)
}

func TestLinesAVX2(t *testing.T) {
	needsAVX2(t)
	r := rand.New(rand.NewPCG(31, 1))
	for k := Q8_0; k < kinds; k++ {
		for _, cols := range shapes(k) {
			for _, rows := range []int{16, 32, 80} {
				sameLine(t, k, avx2.line[k], packed(weights(r, k, rows, cols)), batch(r, 1, cols))
			}
		}
	}
}

// fullScale is rows of 127, -127 and both in turn.
func fullScale(rows, cols int) *Batch {
	x := &Batch{}
	x.Reset(rows, cols)
	for i := range x.X {
		x.X[i] = []float32{127, -127, float32(127 - i%2*254)}[i/cols%3]
	}
	x.Reserve()
	generic.QuantizeRows(new(Worker), x, 0, rows)
	return x
}

func TestLinesOfExtremesAVX2(t *testing.T) {
	needsAVX2(t)
	for k := Q8_0; k < kinds; k++ {
		for _, v := range []byte{0, 0xff, 0x7f, 0x80, 0x81, 0xf0, 0x0f} {
			data := make([]byte, k.RowBytes(superElems)*Group)
			extremes(k, v, data)
			m := packed(NewRows(k, superElems, data))
			for row := range 3 {
				x := fullScale(3, superElems)
				lone := &Batch{}
				lone.Reset(1, superElems)
				copy(lone.X, x.Row(row))
				lone.Reserve()
				generic.QuantizeRows(new(Worker), lone, 0, 1)
				sameLine(t, k, avx2.line[k], m, lone)
			}
		}
	}
}
