package kernel

// avx2Set needs AVX2, FMA and F16C.
func avx2Set() *Set {
	return &Set{
		Name: "avx2",
		expand: [kinds]func(*expandArgs){
			Q8_0: expandQ8_0AVX2, Q4_0: expandQ4_0AVX2, Q4_1: expandQ4_1AVX2, Q5_0: expandQ5_0AVX2, Q5_1: expandQ5_1AVX2,
			Q2_K: expandQ2_KAVX2, Q3_K: expandQ3_KAVX2, Q4_K: expandQ4_KAVX2, Q5_K: expandQ5_KAVX2, Q6_K: expandQ6_KAVX2,
			IQ4_NL: expandIQ4_NLAVX2, IQ4_XS: expandIQ4_XSAVX2, MXFP4: expandMXFP4AVX2,
		},
		tile:   []tileKernel{{4, false, tilex4AVX2}, {2, false, tilex2AVX2}, {1, false, tilex1AVX2}},
		halves: []tileKernel{{4, false, halvesx4AVX2}, {2, false, halvesx2AVX2}, {1, false, halvesx1AVX2}},
		narrow: narrowAVX2(),
		offset: offsetAVX2, mins: minsAVX2,
		line: [kinds]func(*lineArgs){
			Q8_0: lineQ8_0AVX2, Q4_0: lineQ4_0AVX2, Q4_1: lineQ4_1AVX2, Q5_0: lineQ5_0AVX2, Q5_1: lineQ5_1AVX2,
			Q2_K: lineQ2_KAVX2, Q3_K: lineQ3_KAVX2, Q4_K: lineQ4_KAVX2, Q5_K: lineQ5_KAVX2, Q6_K: lineQ6_KAVX2,
			IQ4_NL: lineIQ4_NLAVX2, IQ4_XS: lineIQ4_XSAVX2, MXFP4: lineMXFP4AVX2,
		},
		float: [BF16 + 1][]floatKernel{
			{{6, floatF32x6AVX2}, {4, floatF32x4AVX2}, {2, floatF32x2AVX2}, {1, floatF32x1AVX2}},
			{{6, floatF16x6AVX2}, {4, floatF16x4AVX2}, {2, floatF16x2AVX2}, {1, floatF16x1AVX2}},
			{{6, floatBF16x6AVX2}, {4, floatBF16x4AVX2}, {2, floatBF16x2AVX2}, {1, floatBF16x1AVX2}},
		},
		widenKV:   widenKV{widenColumnsAVX2, widenColumns4AVX2, widenRowsAVX2, widenRows4AVX2},
		elemFuncs: elemAVX2,
	}
}

// narrowAVX2 are tiles of kinds whose codes have four or five bits.
func narrowAVX2() [kinds][]tileKernel {
	four := []tileKernel{{4, false, tileQ4x4AVX2}, {2, false, tileQ4x2AVX2}, {1, false, tileQ4x1AVX2}}
	five := []tileKernel{{4, false, tileQ5x4AVX2}, {2, false, tileQ5x2AVX2}, {1, false, tileQ5x1AVX2}}
	return [kinds][]tileKernel{
		Q4_0: {{4, false, tileQ4_0x4AVX2}, {2, false, tileQ4_0x2AVX2}, {1, false, tileQ4_0x1AVX2}},
		Q4_1: four, Q4_K: four,
		Q5_0: {{4, false, tileQ5_0x4AVX2}, {2, false, tileQ5_0x2AVX2}, {1, false, tileQ5_0x1AVX2}},
		Q5_1: five, Q5_K: five,
		MXFP4: {{4, false, tileMXFP4x4AVX2}, {2, false, tileMXFP4x2AVX2}, {1, false, tileMXFP4x1AVX2}},
	}
}
