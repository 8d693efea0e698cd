package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// needsAVX2 skips the test where the instructions do not run.
func needsAVX2(t *testing.T) {
	if f := cpu.Detect(); !f.AVX2 || !f.FMA || !f.F16C {
		t.Skip("this machine lacks AVX2, FMA or F16C")
	}
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
