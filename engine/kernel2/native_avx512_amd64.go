package kernel

// avx512Set needs AVX-512 (F, BW, VL, DQ) and VNNI beside what avx2 needs.
func avx512Set() *Set {
	s := *avx2
	s.Name = "avx512"
	s.elemFuncs = elemAVX512
	return &s
}
