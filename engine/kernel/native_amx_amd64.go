package kernel

import "slices"

// fewestTiles is how many rows make tile registers, which take as long for one row as for
// sixteen, faster than vector registers.
const fewestTiles = 8

// amxSet needs AMX with int8 and bf16, and the system's permission, beside what avx512
// needs.
func amxSet() *Set {
	s := *avx512
	s.Name = "amx"
	s.tile = slices.Concat([]tileKernel{{16, true, tilex16AMX}, {fewestTiles, true, tileAMX}}, below(s.tile, fewestTiles))
	s.halves = slices.Concat([]tileKernel{{16, true, halvesx16AMX}, {fewestTiles, true, halvesAMX}}, below(s.halves, fewestTiles))
	s.tiles = &tileFuncs{storeAVX512, splitAVX512, pairsAMX, softmaxAVX512, mergeAVX512, divideAVX512}
	return &s
}

// below is the kernels for fewer rows than so many.
func below(kernels []tileKernel, rows int) []tileKernel {
	return kernels[slices.IndexFunc(kernels, func(k tileKernel) bool { return k.rows < rows }):]
}
