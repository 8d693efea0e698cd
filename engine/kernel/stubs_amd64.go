package kernel

// The assembly kernels that take one argument block; see the file of each.

//go:noescape
func dotF32AVX2(a *dotArgs)

//go:noescape
func dotF16AVX2(a *dotArgs)

//go:noescape
func dotBF16AVX2(a *dotArgs)

//go:noescape
func dotQ8_0AVX2(a *dotArgs)

//go:noescape
func dotQ8_0VNNI(a *dotArgs)

//go:noescape
func dotQ4_0AVX2(a *dotArgs)

//go:noescape
func dotQ4_1AVX2(a *dotArgs)

//go:noescape
func sumF32AVX2(a *sumArgs)

//go:noescape
func sumBF16AVX2(a *sumArgs)

//go:noescape
func sumQ8_0AVX2(a *sumArgs)

//go:noescape
func packF32AVX2(a *packArgs)

//go:noescape
func packF16AVX2(a *packArgs)

//go:noescape
func packBF16AVX2(a *packArgs)

//go:noescape
func packQ8_0AVX2(a *packArgs)

//go:noescape
func packQ4_0AVX2(a *packArgs)

//go:noescape
func packQ4_1AVX2(a *packArgs)

//go:noescape
func tileF32x1AVX2(a *tileArgs)

//go:noescape
func tileF32x2AVX2(a *tileArgs)

//go:noescape
func tileQ8_0x1AVX2(a *tileArgs)

//go:noescape
func tileQ8_0x2AVX2(a *tileArgs)

//go:noescape
func tileQ8_0x4AVX2(a *tileArgs)

//go:noescape
func tileQ4_0x1AVX2(a *tileArgs)

//go:noescape
func tileQ4_0x2AVX2(a *tileArgs)

//go:noescape
func tileQ4_0x4AVX2(a *tileArgs)

//go:noescape
func tileQ4_1x1AVX2(a *tileArgs)

//go:noescape
func tileQ4_1x2AVX2(a *tileArgs)

//go:noescape
func tileQ4_1x4AVX2(a *tileArgs)

//go:noescape
func tileF32x1AVX512(a *tileArgs)

//go:noescape
func tileF32x2AVX512(a *tileArgs)

//go:noescape
func tileF32x4AVX512(a *tileArgs)

//go:noescape
func tileQ8_0x1VNNI(a *tileArgs)

//go:noescape
func tileQ8_0x2VNNI(a *tileArgs)

//go:noescape
func tileQ8_0x4VNNI(a *tileArgs)

//go:noescape
func tileQ4_0x1VNNI(a *tileArgs)

//go:noescape
func tileQ4_0x2VNNI(a *tileArgs)

//go:noescape
func tileQ4_0x4VNNI(a *tileArgs)

//go:noescape
func tileQ4_1x1VNNI(a *tileArgs)

//go:noescape
func tileQ4_1x2VNNI(a *tileArgs)

//go:noescape
func tileQ4_1x4VNNI(a *tileArgs)

//go:noescape
func quantizeAVX2(a *quantizeArgs)

//go:noescape
func packQ5_0AVX2(a *packArgs)

//go:noescape
func packQ5_1AVX2(a *packArgs)

//go:noescape
func packQ2_KAVX2(a *packArgs)

//go:noescape
func packQ3_KAVX2(a *packArgs)

//go:noescape
func packQ4_KAVX2(a *packArgs)

//go:noescape
func packQ5_KAVX2(a *packArgs)

//go:noescape
func packQ6_KAVX2(a *packArgs)

//go:noescape
func packIQ4_NLAVX2(a *packArgs)

//go:noescape
func packIQ4_XSAVX2(a *packArgs)

//go:noescape
func packMXFP4AVX2(a *packArgs)

//go:noescape
func tileWidex1AVX2(a *tileArgs)

//go:noescape
func tileWidex2AVX2(a *tileArgs)

//go:noescape
func tileWidex4AVX2(a *tileArgs)

//go:noescape
func tileHalvesx1AVX2(a *tileArgs)

//go:noescape
func tileHalvesx2AVX2(a *tileArgs)

//go:noescape
func tileHalvesx4AVX2(a *tileArgs)

//go:noescape
func tileMinsx1AVX2(a *tileArgs)

//go:noescape
func tileMinsx2AVX2(a *tileArgs)

//go:noescape
func tileMinsx4AVX2(a *tileArgs)

//go:noescape
func tileHalvesx1VNNI(a *tileArgs)

//go:noescape
func tileHalvesx2VNNI(a *tileArgs)

//go:noescape
func tileHalvesx4VNNI(a *tileArgs)

//go:noescape
func tileMinsx1VNNI(a *tileArgs)

//go:noescape
func tileMinsx2VNNI(a *tileArgs)

//go:noescape
func tileMinsx4VNNI(a *tileArgs)

//go:noescape
func tileBiasedx1AVX2(a *tileArgs)

//go:noescape
func tileBiasedx2AVX2(a *tileArgs)

//go:noescape
func tileBiasedx4AVX2(a *tileArgs)

//go:noescape
func tileBiasedx1VNNI(a *tileArgs)

//go:noescape
func tileBiasedx2VNNI(a *tileArgs)

//go:noescape
func tileBiasedx4VNNI(a *tileArgs)

//go:noescape
func packQ5_0AVX512(a *packArgs)

//go:noescape
func packQ5_1AVX512(a *packArgs)

//go:noescape
func packQ5_KAVX512(a *packArgs)

//go:noescape
func packQ6_KAVX512(a *packArgs)
