package kernel

import "slices"

// fewestTiles is how many rows make tile registers, which take as long for one row as for
// sixteen, faster than vector registers.
const fewestTiles = 12

// amxSet needs AMX with int8 and bf16, the system's permission, and AVX-512 BF16, beside what
// avx512 needs.
func amxSet() *Set {
	s := *avx512
	s.Name = "amx"
	s.tile = slices.Concat([]tileKernel{{16, true, tilex16AMX}, {fewestTiles, true, tileAMX}}, below(s.tile, fewestTiles))
	for k := range s.few {
		clear(s.few[k][fewestTiles:])
	}
	s.halves = slices.Concat([]tileKernel{{16, true, halvesx16AMX}, {fewestTiles, true, halvesAMX}}, below(s.halves, fewestTiles))
	s.prompt = &promptFuncs{
		round: roundBF16AVX512, fill: fillAVX512, silu: siluPromptAVX512, gelu: geluPromptAVX512,
		split: splitRowAVX512, parts: [BF16 + 1][2]func(*fillArgs){BF16: {fillBF16AVX512}, F16: {fillHighF16AVX512, fillLowF16AVX512}},
		multiply: [2][2]func(*promptArgs){{prompt1x1AMX, prompt1x2AMX}, {prompt2x1AMX, prompt2x2AMX}},
	}
	s.tiles = &tileFuncs{
		store: storeAVX512, round: roundBF16AVX512, multiply: pairsAMX, softmax: softmaxAVX512, merge: mergeAVX512, divide: divideAVX512,
		chains: []floatKernel{{12, pairsx12AVX512}, {8, pairsx8AVX512}, {4, pairsx4AVX512}, {3, pairsx3AVX512}, {2, pairsx2AVX512}, {1, pairsx1AVX512}},
	}
	return &s
}

// below is the kernels for fewer rows than so many.
func below(kernels []tileKernel, rows int) []tileKernel {
	return kernels[slices.IndexFunc(kernels, func(k tileKernel) bool { return k.rows < rows }):]
}
