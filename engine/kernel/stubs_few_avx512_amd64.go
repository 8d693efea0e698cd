package kernel

// fewAVX512 are kernels of few rows.
var fewAVX512 = [kinds][Group + 1]func(*tileArgs){Q8_0: {
	2: fewQ8_0x2AVX512, 3: fewQ8_0x3AVX512, 4: fewQ8_0x4AVX512, 5: fewQ8_0x5AVX512, 6: fewQ8_0x6AVX512,
	7: fewQ8_0x7AVX512, 8: fewQ8_0x8AVX512, 9: fewQ8_0x9AVX512, 10: fewQ8_0x10AVX512, 11: fewQ8_0x11AVX512, 12: fewQ8_0x12AVX512,
}}

//go:noescape
func fewQ8_0x2AVX512(a *tileArgs)

//go:noescape
func fewQ8_0x3AVX512(a *tileArgs)

//go:noescape
func fewQ8_0x4AVX512(a *tileArgs)

//go:noescape
func fewQ8_0x5AVX512(a *tileArgs)

//go:noescape
func fewQ8_0x6AVX512(a *tileArgs)

//go:noescape
func fewQ8_0x7AVX512(a *tileArgs)

//go:noescape
func fewQ8_0x8AVX512(a *tileArgs)

//go:noescape
func fewQ8_0x9AVX512(a *tileArgs)

//go:noescape
func fewQ8_0x10AVX512(a *tileArgs)

//go:noescape
func fewQ8_0x11AVX512(a *tileArgs)

//go:noescape
func fewQ8_0x12AVX512(a *tileArgs)
