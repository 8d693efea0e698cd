package kernel

//go:noescape
func fetchAVX512(a *fetchArgs)

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
func tilex1AVX512(a *tileArgs)

//go:noescape
func tilex2AVX512(a *tileArgs)

//go:noescape
func tilex3AVX512(a *tileArgs)

//go:noescape
func tilex4AVX512(a *tileArgs)

//go:noescape
func tilex5AVX512(a *tileArgs)

//go:noescape
func tilex6AVX512(a *tileArgs)

//go:noescape
func tilex7AVX512(a *tileArgs)

//go:noescape
func tilex8AVX512(a *tileArgs)

//go:noescape
func tilex9AVX512(a *tileArgs)

//go:noescape
func tilex10AVX512(a *tileArgs)

//go:noescape
func tilex11AVX512(a *tileArgs)

//go:noescape
func tilex12AVX512(a *tileArgs)

//go:noescape
func tilex13AVX512(a *tileArgs)

//go:noescape
func tilex14AVX512(a *tileArgs)

//go:noescape
func tilex15AVX512(a *tileArgs)

//go:noescape
func tilex16AVX512(a *tileArgs)

//go:noescape
func halvesx1AVX512(a *tileArgs)

//go:noescape
func halvesx2AVX512(a *tileArgs)

//go:noescape
func halvesx3AVX512(a *tileArgs)

//go:noescape
func halvesx4AVX512(a *tileArgs)

//go:noescape
func halvesx5AVX512(a *tileArgs)

//go:noescape
func halvesx6AVX512(a *tileArgs)

//go:noescape
func halvesx7AVX512(a *tileArgs)

//go:noescape
func halvesx8AVX512(a *tileArgs)

//go:noescape
func expandQ8_0AVX512(a *expandArgs)

//go:noescape
func expandQ4_0AVX512(a *expandArgs)

//go:noescape
func expandQ4_1AVX512(a *expandArgs)

//go:noescape
func expandQ5_0AVX512(a *expandArgs)

//go:noescape
func expandQ5_1AVX512(a *expandArgs)

//go:noescape
func expandQ2_KAVX512(a *expandArgs)

//go:noescape
func expandQ3_KAVX512(a *expandArgs)

//go:noescape
func expandQ4_KAVX512(a *expandArgs)

//go:noescape
func expandQ5_KAVX512(a *expandArgs)

//go:noescape
func expandQ6_KAVX512(a *expandArgs)

//go:noescape
func expandIQ4_NLAVX512(a *expandArgs)

//go:noescape
func expandIQ4_XSAVX512(a *expandArgs)

//go:noescape
func expandMXFP4AVX512(a *expandArgs)

//go:noescape
func offsetAVX512(a *offsetArgs)

//go:noescape
func minsAVX512(a *offsetArgs)

//go:noescape
func widenColumnsAVX512(a *widenArgs)

//go:noescape
func widenColumns4AVX512(a *widenArgs)

//go:noescape
func widenRowsAVX512(a *widenArgs)

//go:noescape
func widenRows4AVX512(a *widenArgs)
