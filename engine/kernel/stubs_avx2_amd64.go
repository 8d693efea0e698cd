package kernel

//go:noescape
func expandQ8_0AVX2(a *expandArgs)

//go:noescape
func expandQ4_0AVX2(a *expandArgs)

//go:noescape
func expandQ4_1AVX2(a *expandArgs)

//go:noescape
func expandQ5_0AVX2(a *expandArgs)

//go:noescape
func expandQ5_1AVX2(a *expandArgs)

//go:noescape
func expandQ2_KAVX2(a *expandArgs)

//go:noescape
func expandQ3_KAVX2(a *expandArgs)

//go:noescape
func expandQ4_KAVX2(a *expandArgs)

//go:noescape
func expandQ5_KAVX2(a *expandArgs)

//go:noescape
func expandQ6_KAVX2(a *expandArgs)

//go:noescape
func expandIQ4_NLAVX2(a *expandArgs)

//go:noescape
func expandIQ4_XSAVX2(a *expandArgs)

//go:noescape
func expandMXFP4AVX2(a *expandArgs)

//go:noescape
func lineQ8_0AVX2(a *lineArgs)

//go:noescape
func lineQ4_0AVX2(a *lineArgs)

//go:noescape
func lineQ4_1AVX2(a *lineArgs)

//go:noescape
func lineQ5_0AVX2(a *lineArgs)

//go:noescape
func lineQ5_1AVX2(a *lineArgs)

//go:noescape
func lineQ2_KAVX2(a *lineArgs)

//go:noescape
func lineQ3_KAVX2(a *lineArgs)

//go:noescape
func lineQ4_KAVX2(a *lineArgs)

//go:noescape
func lineQ5_KAVX2(a *lineArgs)

//go:noescape
func lineQ6_KAVX2(a *lineArgs)

//go:noescape
func lineIQ4_NLAVX2(a *lineArgs)

//go:noescape
func lineIQ4_XSAVX2(a *lineArgs)

//go:noescape
func lineMXFP4AVX2(a *lineArgs)

//go:noescape
func offsetAVX2(a *offsetArgs)

//go:noescape
func minsAVX2(a *offsetArgs)

//go:noescape
func floatF32x6AVX2(a *floatArgs)

//go:noescape
func floatF32x4AVX2(a *floatArgs)

//go:noescape
func floatF32x2AVX2(a *floatArgs)

//go:noescape
func floatF32x1AVX2(a *floatArgs)

//go:noescape
func floatF16x6AVX2(a *floatArgs)

//go:noescape
func floatF16x4AVX2(a *floatArgs)

//go:noescape
func floatF16x2AVX2(a *floatArgs)

//go:noescape
func floatF16x1AVX2(a *floatArgs)

//go:noescape
func floatBF16x6AVX2(a *floatArgs)

//go:noescape
func floatBF16x4AVX2(a *floatArgs)

//go:noescape
func floatBF16x2AVX2(a *floatArgs)

//go:noescape
func floatBF16x1AVX2(a *floatArgs)

//go:noescape
func tilex4AVX2(a *tileArgs)

//go:noescape
func tilex2AVX2(a *tileArgs)

//go:noescape
func tilex1AVX2(a *tileArgs)

//go:noescape
func halvesx4AVX2(a *tileArgs)

//go:noescape
func halvesx2AVX2(a *tileArgs)

//go:noescape
func halvesx1AVX2(a *tileArgs)

//go:noescape
func tileQ4x1AVX2(a *tileArgs)

//go:noescape
func tileQ4x2AVX2(a *tileArgs)

//go:noescape
func tileQ4x4AVX2(a *tileArgs)

//go:noescape
func tileQ4_0x1AVX2(a *tileArgs)

//go:noescape
func tileQ4_0x2AVX2(a *tileArgs)

//go:noescape
func tileQ4_0x4AVX2(a *tileArgs)

//go:noescape
func tileQ5x1AVX2(a *tileArgs)

//go:noescape
func tileQ5x2AVX2(a *tileArgs)

//go:noescape
func tileQ5x4AVX2(a *tileArgs)

//go:noescape
func tileQ5_0x1AVX2(a *tileArgs)

//go:noescape
func tileQ5_0x2AVX2(a *tileArgs)

//go:noescape
func tileQ5_0x4AVX2(a *tileArgs)

//go:noescape
func tileMXFP4x1AVX2(a *tileArgs)

//go:noescape
func tileMXFP4x2AVX2(a *tileArgs)

//go:noescape
func tileMXFP4x4AVX2(a *tileArgs)

//go:noescape
func widenColumnsAVX2(a *widenArgs)

//go:noescape
func widenColumns4AVX2(a *widenArgs)

//go:noescape
func widenRowsAVX2(a *widenArgs)

//go:noescape
func widenRows4AVX2(a *widenArgs)
