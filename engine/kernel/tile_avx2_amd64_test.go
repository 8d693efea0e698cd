package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

func TestTilesAVX2(t *testing.T) {
	needsAVX2(t)
	r := rand.New(rand.NewPCG(34, 1))
	any, most := func() int8 { return int8(r.IntN(256) - 128) }, either(r, -128, 127)
	few, bound := func() int8 { return int8(r.IntN(64) - 32) }, either(r, -32, 31)
	q, full := func() int8 { return int8(r.IntN(255) - 127) }, either(r, -127, 127)
	sameTiles(t, avx2.tile, tilePlain, false, any, q)
	sameTiles(t, avx2.tile, tilePlain, false, most, full)
	sameTiles(t, avx2.halves, tileHalves, true, few, q)
	sameTiles(t, avx2.halves, tileHalves, true, bound, full)
}

func TestNarrowTilesAVX2(t *testing.T) {
	needsAVX2(t)
	r := rand.New(rand.NewPCG(37, 1))
	q, full := func() int8 { return int8(r.IntN(255) - 127) }, either(r, -127, 127)
	for k, codes := range [kinds][2]int8{
		Q4_0: {-8, 7}, Q4_1: {0, 15}, Q4_K: {0, 15}, Q5_0: {-16, 15}, Q5_1: {0, 31}, Q5_K: {0, 31}, MXFP4: {-12, 12},
	} {
		low, n := codes[0], int(codes[1]-codes[0])+1
		sameTiles(t, avx2.narrow[k], tilePlain, false, func() int8 { return low + int8(r.IntN(n)) }, q)
		sameTiles(t, avx2.narrow[k], tilePlain, false, either(r, codes[0], codes[1]), full)
	}
}

// Sets with instructions for signed bytes need no tiles of their own for narrow codes, and do
// not inherit any.
func TestNarrowTilesAreOfAVX2Alone(t *testing.T) {
	for _, s := range Sets(cpu.Detect()) {
		for k, kernels := range s.narrow {
			if s != avx2 && kernels != nil {
				t.Errorf("%s has narrow tiles of %v", s.Name, Kind(k))
			}
		}
	}
}

func TestOffsetsAVX2(t *testing.T) {
	needsAVX2(t)
	sameOffsets(t, avx2)
}
