package kernel

// float512 is the float kernels of AVX-512.
var float512 = [BF16 + 1][]floatKernel{
	{{12, floatF32x12AVX512}, {10, floatF32x10AVX512}, {8, floatF32x8AVX512}, {6, floatF32x6AVX512}, {4, floatF32x4AVX512}, {2, floatF32x2AVX512}, {1, floatF32x1AVX512}},
	{{12, floatF16x12AVX512}, {10, floatF16x10AVX512}, {8, floatF16x8AVX512}, {6, floatF16x6AVX512}, {4, floatF16x4AVX512}, {2, floatF16x2AVX512}, {1, floatF16x1AVX512}},
	{{12, floatBF16x12AVX512}, {10, floatBF16x10AVX512}, {8, floatBF16x8AVX512}, {6, floatBF16x6AVX512}, {4, floatBF16x4AVX512}, {2, floatBF16x2AVX512}, {1, floatBF16x1AVX512}},
}

//go:noescape
func floatF32x1AVX512(a *floatArgs)

//go:noescape
func floatF32x2AVX512(a *floatArgs)

//go:noescape
func floatF32x4AVX512(a *floatArgs)

//go:noescape
func floatF32x8AVX512(a *floatArgs)

//go:noescape
func floatF32x12AVX512(a *floatArgs)

//go:noescape
func floatF16x1AVX512(a *floatArgs)

//go:noescape
func floatF16x2AVX512(a *floatArgs)

//go:noescape
func floatF16x4AVX512(a *floatArgs)

//go:noescape
func floatF16x8AVX512(a *floatArgs)

//go:noescape
func floatF16x12AVX512(a *floatArgs)

//go:noescape
func floatBF16x1AVX512(a *floatArgs)

//go:noescape
func floatBF16x2AVX512(a *floatArgs)

//go:noescape
func floatBF16x4AVX512(a *floatArgs)

//go:noescape
func floatBF16x8AVX512(a *floatArgs)

//go:noescape
func floatBF16x12AVX512(a *floatArgs)

//go:noescape
func floatBF16x6AVX512(a *floatArgs)

//go:noescape
func floatBF16x10AVX512(a *floatArgs)

//go:noescape
func floatF16x6AVX512(a *floatArgs)

//go:noescape
func floatF16x10AVX512(a *floatArgs)

//go:noescape
func floatF32x6AVX512(a *floatArgs)

//go:noescape
func floatF32x10AVX512(a *floatArgs)
