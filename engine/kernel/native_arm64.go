package kernel

import "github.com/assaylab/assay/engine/internal/cpu"

// native is the one assembly set there is, in the form that this machine can run.
func native(f cpu.Features) []*Set {
	switch {
	case !f.NEON || !f.DotProduct:
		return nil
	case f.I8MM:
		return []*Set{neonI8MM}
	}
	return []*Set{neon}
}

var (
	neon     = neonSet()
	neonI8MM = i8mmSet()
)

// neonSet needs dot products.
func neonSet() *Set {
	return &Set{
		Name: "neon",
		expand: [kinds]func(*expandArgs){
			Q8_0: expandQ8_0NEON, Q4_0: expandQ4_0NEON, Q4_1: expandQ4_1NEON, Q5_0: expandQ5_0NEON, Q5_1: expandQ5_1NEON,
			Q2_K: expandQ2_KNEON, Q3_K: expandQ3_KNEON, Q4_K: expandQ4_KNEON, Q5_K: expandQ5_KNEON, Q6_K: expandQ6_KNEON,
			IQ4_NL: expandIQ4_NLNEON, IQ4_XS: expandIQ4_XSNEON, MXFP4: expandMXFP4NEON,
		},
		tile:   []tileKernel{{4, false, tilex4NEON}, {2, false, tilex2NEON}, {1, false, tilex1NEON}},
		halves: []tileKernel{{4, false, halvesx4NEON}, {2, false, halvesx2NEON}, {1, false, halvesx1NEON}},
		offset: offsetNEON, mins: minsNEON,
		line: [kinds]func(*lineArgs){
			Q8_0: lineQ8_0NEON, Q4_0: lineQ4_0NEON, Q4_1: lineQ4_1NEON, Q5_0: lineQ5_0NEON, Q5_1: lineQ5_1NEON,
			Q2_K: lineQ2_KNEON, Q3_K: lineQ3_KNEON, Q4_K: lineQ4_KNEON, Q5_K: lineQ5_KNEON, Q6_K: lineQ6_KNEON,
			IQ4_NL: lineIQ4_NLNEON, IQ4_XS: lineIQ4_XSNEON, MXFP4: lineMXFP4NEON,
		},
		float: [BF16 + 1][]floatKernel{
			{{4, floatF32x4NEON}, {2, floatF32x2NEON}, {1, floatF32x1NEON}},
			{{4, floatF16x4NEON}, {2, floatF16x2NEON}, {1, floatF16x1NEON}},
			{{4, floatBF16x4NEON}, {2, floatBF16x2NEON}, {1, floatBF16x1NEON}},
		},
		widenKV:   widenKV{widenColumnsNEON, widenColumns4NEON, widenRowsNEON, widenRows4NEON},
		elemFuncs: elemNEON,
	}
}

// i8mmSet needs products of matrices of bytes beside what neon needs. Kernels are for as many
// rows as registers have room for sums.
func i8mmSet() *Set {
	s := *neon
	s.tile = append([]tileKernel{{16, false, tilex16I8MM}, {8, false, tilex8I8MM}, {4, false, tilex4I8MM}}, s.tile[1:]...)
	s.halves = append([]tileKernel{{8, false, halvesx8I8MM}, {4, false, halvesx4I8MM}}, s.halves[1:]...)
	return &s
}
