package kernel

// avx512Set needs AVX-512 (F, BW, VL, DQ) and VNNI beside what avx2 needs.
func avx512Set() *Set {
	s := *avx2
	s.Name = "avx512"
	s.expand = [kinds]func(*expandArgs){
		Q8_0: expandQ8_0AVX512, Q4_0: expandQ4_0AVX512, Q4_1: expandQ4_1AVX512, Q5_0: expandQ5_0AVX512, Q5_1: expandQ5_1AVX512,
		Q2_K: expandQ2_KAVX512, Q3_K: expandQ3_KAVX512, Q4_K: expandQ4_KAVX512, Q5_K: expandQ5_KAVX512, Q6_K: expandQ6_KAVX512,
		IQ4_NL: expandIQ4_NLAVX512, IQ4_XS: expandIQ4_XSAVX512, MXFP4: expandMXFP4AVX512,
	}
	s.tile = []tileKernel{
		{16, false, tilex16AVX512}, {15, false, tilex15AVX512}, {14, false, tilex14AVX512}, {13, false, tilex13AVX512},
		{12, false, tilex12AVX512}, {11, false, tilex11AVX512}, {10, false, tilex10AVX512}, {9, false, tilex9AVX512},
		{8, false, tilex8AVX512}, {7, false, tilex7AVX512}, {6, false, tilex6AVX512}, {5, false, tilex5AVX512},
		{4, false, tilex4AVX512}, {3, false, tilex3AVX512}, {2, false, tilex2AVX512}, {1, false, tilex1AVX512},
	}
	s.narrow = [kinds][]tileKernel{}
	s.halves = []tileKernel{
		{8, false, halvesx8AVX512}, {7, false, halvesx7AVX512}, {6, false, halvesx6AVX512}, {5, false, halvesx5AVX512},
		{4, false, halvesx4AVX512}, {3, false, halvesx3AVX512}, {2, false, halvesx2AVX512}, {1, false, halvesx1AVX512},
	}
	s.offset, s.mins = offsetAVX512, minsAVX512
	s.line = [kinds]func(*lineArgs){
		Q8_0: lineQ8_0AVX512, Q4_0: lineQ4_0AVX512, Q4_1: lineQ4_1AVX512, Q5_0: lineQ5_0AVX512, Q5_1: lineQ5_1AVX512,
		Q2_K: lineQ2_KAVX512, Q3_K: lineQ3_KAVX512, Q4_K: lineQ4_KAVX512, Q5_K: lineQ5_KAVX512, Q6_K: lineQ6_KAVX512,
		IQ4_NL: lineIQ4_NLAVX512, IQ4_XS: lineIQ4_XSAVX512, MXFP4: lineMXFP4AVX512,
	}
	s.few = fewAVX512
	s.float = float512
	s.widenKV = widenKV{widenColumnsAVX512, widenColumns4AVX512, widenRowsAVX512, widenRows4AVX512}
	s.elemFuncs = elemAVX512
	s.fetch = fetchAVX512
	return &s
}
