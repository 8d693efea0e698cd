package kernel

import "slices"

// amxSet needs AMX with int8 and bf16, and the system's permission, beside what avx512
// needs.
func amxSet() *Set {
	s := *avx512
	s.Name = "amx"
	s.tile = slices.Concat([]tileKernel{{16, true, tilex16AMX}, {4, true, tileAMX}}, below(s.tile, 4))
	s.halves = slices.Concat([]tileKernel{{16, true, halvesx16AMX}, {4, true, halvesAMX}}, below(s.halves, 4))
	return &s
}

// below is the kernels for fewer rows than so many.
func below(kernels []tileKernel, rows int) []tileKernel {
	return kernels[slices.IndexFunc(kernels, func(k tileKernel) bool { return k.rows < rows }):]
}
