package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// needsAVX512 skips the test where the instructions do not run.
func needsAVX512(t *testing.T) {
	if f := cpu.Detect(); !f.AVX512 || !f.AVX512VNNI {
		t.Skip("this machine lacks AVX-512 with VNNI")
	}
}

func TestLinesAVX512(t *testing.T) {
	needsAVX512(t)
	r := rand.New(rand.NewPCG(32, 1))
	for k := Q8_0; k < kinds; k++ {
		for _, cols := range shapes(k) {
			for _, rows := range []int{16, 32, 80} {
				sameLine(t, k, avx512.line[k], packed(weights(r, k, rows, cols)), batch(r, 1, cols))
			}
		}
	}
}

func TestLinesOfExtremesAVX512(t *testing.T) {
	needsAVX512(t)
	for k := Q8_0; k < kinds; k++ {
		for _, v := range []byte{0, 0xff, 0x7f, 0x80, 0x81, 0xf0, 0x0f} {
			data := make([]byte, k.RowBytes(superElems)*Group)
			extremes(k, v, data)
			m, all := packed(NewRows(k, superElems, data)), fullScale(3, superElems)
			for row := range all.Rows {
				sameLine(t, k, avx512.line[k], m, rowOf(all, row))
			}
		}
	}
}

func TestTilesAVX512(t *testing.T) {
	needsAVX512(t)
	r := rand.New(rand.NewPCG(34, 2))
	any, most := func() int8 { return int8(r.IntN(256) - 128) }, either(r, -128, 127)
	few, bound := func() int8 { return int8(r.IntN(64) - 32) }, either(r, -32, 31)
	q, full := func() int8 { return int8(r.IntN(255) - 127) }, either(r, -127, 127)
	sameTiles(t, avx512.tile, tilePlain, false, any, q)
	sameTiles(t, avx512.tile, tilePlain, false, most, full)
	sameTiles(t, avx512.halves, tileHalves, true, few, q)
	sameTiles(t, avx512.halves, tileHalves, true, bound, full)
}

func TestExpandAVX512(t *testing.T) {
	needsAVX512(t)
	r := rand.New(rand.NewPCG(35, 1))
	for k := Q8_0; k < kinds; k++ {
		for _, cols := range shapes(k) {
			sameExpand(t, k, avx512.expand[k], packed(weights(r, k, 16, cols)))
		}
		for _, v := range []byte{0, 0xff, 0x7f, 0x80} {
			data := make([]byte, k.RowBytes(superElems)*Group)
			extremes(k, v, data)
			sameExpand(t, k, avx512.expand[k], packed(NewRows(k, superElems, data)))
		}
	}
}

func TestExponentsAVX512(t *testing.T) {
	needsAVX512(t)
	sameExponents(t, avx512)
}

func TestOffsetsAVX512(t *testing.T) {
	needsAVX512(t)
	sameOffsets(t, avx512)
}
