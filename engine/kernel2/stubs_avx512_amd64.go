package kernel

//go:noescape
func lineQ8_0AVX512(a *lineArgs)

//go:noescape
func lineQ4_0AVX512(a *lineArgs)

//go:noescape
func lineQ4_1AVX512(a *lineArgs)

//go:noescape
func lineQ5_0AVX512(a *lineArgs)

//go:noescape
func lineQ5_1AVX512(a *lineArgs)

//go:noescape
func lineQ2_KAVX512(a *lineArgs)

//go:noescape
func lineQ3_KAVX512(a *lineArgs)

//go:noescape
func lineQ4_KAVX512(a *lineArgs)

//go:noescape
func lineQ5_KAVX512(a *lineArgs)

//go:noescape
func lineQ6_KAVX512(a *lineArgs)

//go:noescape
func lineIQ4_NLAVX512(a *lineArgs)

//go:noescape
func lineIQ4_XSAVX512(a *lineArgs)

//go:noescape
func lineMXFP4AVX512(a *lineArgs)

//go:noescape
func tilex8AVX512(a *tileArgs)

//go:noescape
func halvesx8AVX512(a *tileArgs)

//go:noescape
func tilex4AVX512(a *tileArgs)

//go:noescape
func halvesx4AVX512(a *tileArgs)

//go:noescape
func tilex2AVX512(a *tileArgs)

//go:noescape
func halvesx2AVX512(a *tileArgs)

//go:noescape
func tilex1AVX512(a *tileArgs)

//go:noescape
func halvesx1AVX512(a *tileArgs)
