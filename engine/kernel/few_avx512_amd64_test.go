package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// fewOf has a kernel of few rows take all groups of m, whose numbers and codes lie apart, for all rows of x.
func fewOf(run func(*tileArgs), m *Matrix, x *Batch) []float32 {
	const apart = 8
	v := x.strip(0)
	q, d, t := walled(v.q), walled(v.d), walled(v.t)
	numbers := walled(m.data[:(m.Groups()-1)*m.group+m.Cols/layouts[m.Kind].elems*layouts[m.Kind].numbers])
	to := walled(fill(x.Rows*(m.Groups()*Group+apart)-apart, untouched))
	run(&tileArgs{
		codes: (*int8)(m.codesOf(0, 0)), scale: (*float32)(unsafe.Pointer(&numbers[0])), n: m.Cols / blockElems, groups: m.Groups(),
		codesStep: uintptr(m.group), scaleStep: uintptr(m.group), q: &q[0], qStep: v.qStep, d: &d[0], t: &t[0], dStep: v.dStep,
		to: &to[0], toStep: uintptr(4 * (m.Groups()*Group + apart)), toGroup: 4 * Group, rows: x.Rows, strips: 1,
	})
	return to
}

// Each row of few is what it is alone, bit for bit.
func TestFewRowsAVX512(t *testing.T) {
	needsAVX512(t)
	r := rand.New(rand.NewPCG(38, 1))
	for k, kernels := range avx512.few {
		for rows, run := range kernels {
			for _, cols := range []int{32, 96, 256, 800} {
				if run == nil {
					continue
				}
				m, x := packed(weights(r, Kind(k), 16*(1+r.IntN(3)), cols)), batch(r, rows, cols)
				got, step := fewOf(run, m, x), m.Rows+8
				for row := range rows {
					alone := lineOf(m, rowOf(x, row))
					want := make([]float32, m.Rows)
					alone.out = &want[0]
					lineGeneric(Kind(k))(alone)
					sameFloats(t, fmt.Sprintf("%v, row %d of %d, %d columns", Kind(k), row, rows, cols), got[row*step:][:m.Rows], want)
				}
			}
		}
	}
}

// rowOf is one row of x alone.
func rowOf(x *Batch, row int) *Batch {
	alone := &Batch{}
	alone.Reset(1, x.Cols)
	copy(alone.X, x.Row(row))
	alone.Reserve()
	generic.QuantizeRows(new(Worker), alone, 0, 1)
	return alone
}

// Where there are tile registers, they are left the rows that they are better for.
func TestFewRowsAreForVectorRegisters(t *testing.T) {
	for rows := range Group + 1 {
		if run := avx512.few[Q8_0][rows]; (run != nil) != (rows >= 2 && rows <= 12) {
			t.Errorf("avx512 has a kernel of %d rows: %v", rows, run != nil)
		}
		if run := amx.few[Q8_0][rows]; (run != nil) != (rows >= 2 && rows < fewestTiles) {
			t.Errorf("amx has a kernel of %d rows: %v", rows, run != nil)
		}
	}
}
