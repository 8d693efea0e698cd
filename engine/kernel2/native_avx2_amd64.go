package kernel

// avx2Set needs AVX2, FMA and F16C.
func avx2Set() *Set {
	s := *generic
	s.Name = "avx2"
	s.elemFuncs = elemAVX2
	return &s
}
