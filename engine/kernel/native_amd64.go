package kernel

import "github.com/assaylab/assay/engine/internal/cpu"

// native lists the assembly sets this machine can run, the best last.
func native(f cpu.Features) []*Set {
	if !f.AVX2 || !f.FMA || !f.F16C {
		return nil
	}
	if !f.AVX512 || !f.AVX512VNNI {
		return []*Set{avx2}
	}
	if !f.AMX || !f.AMXInt8 || !f.AMXBF16 || !cpu.PermitTiles() {
		return []*Set{avx2, avx512}
	}
	return []*Set{avx2, avx512, amx}
}

// amx is avx512: what tile registers are for is not in this package.
var amx = func() *Set {
	s := *avx512
	s.Name = "amx"
	return &s
}()

// avx2 needs AVX2 and F16C. It multiplies and adds separately rather than with FMA,
// which rounds once: the bits stay those of the definition.
var avx2 = &Set{
	Name: "avx2", align: 8,
	dot:   [kinds]func(*dotArgs){dotF32AVX2, dotF16AVX2, dotBF16AVX2, dotQ8_0AVX2, dotQ4_0AVX2, dotQ4_1AVX2},
	sum:   [kinds]func(*sumArgs){F32: sumF32AVX2, BF16: sumBF16AVX2, Q8_0: sumQ8_0AVX2},
	packs: packsAVX2,
	tile: [forms][]tileKernel{
		floatsAVX2,
		{{4, tileQ8_0x4AVX2}, {2, tileQ8_0x2AVX2}, {1, tileQ8_0x1AVX2}},
		{{4, tileQ4_0x4AVX2}, {2, tileQ4_0x2AVX2}, {1, tileQ4_0x1AVX2}},
		{{4, tileQ4_1x4AVX2}, {2, tileQ4_1x2AVX2}, {1, tileQ4_1x1AVX2}},
		{{4, tileBiasedx4AVX2}, {2, tileBiasedx2AVX2}, {1, tileBiasedx1AVX2}},
		{{4, tileWidex4AVX2}, {2, tileWidex2AVX2}, {1, tileWidex1AVX2}},
		{{4, tileHalvesx4AVX2}, {2, tileHalvesx2AVX2}, {1, tileHalvesx1AVX2}},
		{{4, tileMinsx4AVX2}, {2, tileMinsx2AVX2}, {1, tileMinsx1AVX2}},
	},
	intGroup:  8,
	narrow:    generic,
	quantize:  quantizeAVX2,
	elemFuncs: elemAVX2,
}

// avx512 needs AVX-512 (F, BW, VL, DQ) and VNNI beside what avx2 needs. It differs
// from that in the products of batches, in the dots of signed bytes and in unpacking
// where masks save much; half as many instructions do not pay where loads and
// conversions bound a kernel.
var avx512 = &Set{
	Name: "avx512", align: 8,
	dot:   [kinds]func(*dotArgs){dotF32AVX2, dotF16AVX2, dotBF16AVX2, dotQ8_0VNNI, dotQ4_0AVX2, dotQ4_1AVX2},
	sum:   avx2.sum,
	packs: packsAVX512,
	tile: [forms][]tileKernel{
		floatsAVX512,
		{{4, tileQ8_0x4VNNI}, {2, tileQ8_0x2VNNI}, {1, tileQ8_0x1VNNI}},
		{{4, tileQ4_0x4VNNI}, {2, tileQ4_0x2VNNI}, {1, tileQ4_0x1VNNI}},
		offsetVNNI,
		{{4, tileBiasedx4VNNI}, {2, tileBiasedx2VNNI}, {1, tileBiasedx1VNNI}},
		offsetVNNI,
		{{4, tileHalvesx4VNNI}, {2, tileHalvesx2VNNI}, {1, tileHalvesx1VNNI}},
		{{4, tileMinsx4VNNI}, {2, tileMinsx2VNNI}, {1, tileMinsx1VNNI}},
	},
	intGroup:  16,
	narrow:    avx2,
	flip:      0x80, // VPDPBUSD takes unsigned weights
	quantize:  quantizeAVX2,
	elemFuncs: elemAVX2,
}

var elemAVX2 = elemFuncs{
	silu: siluMulAVX2, softmax: softmaxAVX2, squares: squaresOf, scaled: scaledTo, add: addTo, scale: scaleBy,
}

var (
	packsAVX2 = [kinds]func(*packArgs){
		packF32AVX2, packF16AVX2, packBF16AVX2, packQ8_0AVX2, packQ4_0AVX2, packQ4_1AVX2, packQ5_0AVX2, packQ5_1AVX2,
		packQ2_KAVX2, packQ3_KAVX2, packQ4_KAVX2, packQ5_KAVX2, packQ6_KAVX2, packIQ4_NLAVX2, packIQ4_XSAVX2, packMXFP4AVX2,
	}
	floatsAVX2  = []tileKernel{{2, tileF32x2AVX2}, {1, tileF32x1AVX2}}
	packsAVX512 = [kinds]func(*packArgs){
		packF32AVX2, packF16AVX2, packBF16AVX2, packQ8_0AVX2, packQ4_0AVX2, packQ4_1AVX2, packQ5_0AVX512, packQ5_1AVX512,
		packQ2_KAVX2, packQ3_KAVX2, packQ4_KAVX2, packQ5_KAVX512, packQ6_KAVX512, packIQ4_NLAVX2, packIQ4_XSAVX2, packMXFP4AVX2,
	}
	offsetVNNI   = []tileKernel{{4, tileQ4_1x4VNNI}, {2, tileQ4_1x2VNNI}, {1, tileQ4_1x1VNNI}}
	floatsAVX512 = []tileKernel{{4, tileF32x4AVX512}, {2, tileF32x2AVX512}, {1, tileF32x1AVX512}}
)
