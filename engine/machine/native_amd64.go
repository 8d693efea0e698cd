package machine

import (
	"unsafe"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// Iterations of a peak loop in one call: some ten microseconds.
const (
	vectorLoops = 8000
	tileLoops   = 500
)

// Registers that each loop adds to.
const accumulators = 12

//go:noescape
func fmaYMM(n int)

//go:noescape
func maddYMM(n int)

//go:noescape
func fmaZMM(n int)

//go:noescape
func vnniZMM(n int)

//go:noescape
func bf16ZMM(n int)

//go:noescape
func tileInt8(config *tileConfig, n int)

//go:noescape
func tileBF16(config *tileConfig, n int)

//go:noescape
func readYMM(p unsafe.Pointer, n, ahead int)

//go:noescape
func readZMM(p unsafe.Pointer, n, ahead int)

// tileConfig is the operand of LDTILECFG: shapes of the eight tile registers.
type tileConfig struct {
	palette     uint8
	_           [15]uint8 // where to start, and what is reserved
	columnBytes [16]uint16
	rows        [16]uint8
}

// wholeTiles are 16 rows of 64 bytes each.
var wholeTiles = func() (c tileConfig) {
	c.palette = 1
	for i := range 8 {
		c.columnBytes[i], c.rows[i] = 64, 16
	}
	return c
}()

func nativeClasses() []Class {
	f := cpu.Detect()
	var all []Class
	add := func(has bool, name, set string, integer bool, run func(n int), n, ops int) {
		if has {
			all = append(all, Class{name, set, integer, func() float64 { run(n); return float64(n) * float64(ops) }})
		}
	}
	add(f.AVX2 && f.FMA, "AVX2 f32 FMA", "avx2", false, fmaYMM, vectorLoops, accumulators*8*2)
	add(f.AVX2, "AVX2 int8 (VPMADDUBSW, VPMADDWD)", "avx2", true, maddYMM, vectorLoops, maddChains*32*2)
	add(f.AVX512, "AVX-512 f32 FMA", "avx512", false, fmaZMM, vectorLoops, accumulators*16*2)
	add(f.AVX512 && f.AVX512VNNI, "AVX-512 int8 (VNNI)", "avx512", true, vnniZMM, vectorLoops, accumulators*64*2)
	add(f.AVX512 && f.AVX512BF16, "AVX-512 bf16 (VDPBF16PS)", "avx512", false, bf16ZMM, vectorLoops, accumulators*32*2)
	tiles := f.AMX && permitTiles() == nil
	config := wholeTiles
	add(tiles, "AMX int8", "amx", true, func(n int) { tileInt8(&config, n) }, tileLoops, 4*16*16*64*2)
	add(tiles, "AMX bf16", "amx", false, func(n int) { tileBF16(&config, n) }, tileLoops, 4*16*16*32*2)
	return all
}

// maddChains are the independent sums of the AVX2 integer loop.
const maddChains = 4

// readMemory reads n bytes from p, a multiple of 512, with the widest loads.
func readMemory(p unsafe.Pointer, n int) {
	switch {
	case hasZMM:
		readZMM(p, n, ahead)
	case hasYMM:
		readYMM(p, n, ahead)
	default:
		readWords(p, n)
	}
}

var hasZMM, hasYMM = func() (bool, bool) {
	f := cpu.Detect()
	return f.AVX512, f.AVX2
}()
